"""What a line of the log holds: ids by which to follow what happened, and nothing about people."""

import logging
import re
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from smartscheduler.core.observability import tracing

# Who somebody is on the network, and with what.
LEFT_OUT = ("ip", "user_agent")
# What libraries and PostgreSQL put into their messages.
# Each is linear in the length of the text: a repeat is possessive, and no match can begin inside another's beginning.
PERSONAL = (
    (re.compile(r"(?<![\w.+-])[\w.+-]++@(?=[\w.-]*?\.[A-Za-z]{2})[\w-]++(?:\.[\w-]++)*+"), "[e-mail]"),
    (re.compile(r"\(?\b\d{3}\)?[ .-]\d{3}[ .-]\d{4}\b"), "[phone]"),
    (re.compile(r"(?<![\w-])eyJ[\w-]{5,}+\.[\w-]++\.[\w-]++"), "[token]"),
    (re.compile(r"(?i)(\bbearer |\bticket\.)[\w.~+/-]++=*+"), r"\1[token]"),
    (re.compile(r"(Failing row contains) \(.*+"), r"\1 [values]"),
    (re.compile(r"(Key \([^=\n]{1,300}?\))=\((?:.*\)(?= (?:already|conflicts|is))|.*+)"), r"\1=[values]"),
    (re.compile(r"(conflicts with existing key \([^=\n]{1,300}?\))=\(.*+"), r"\1=[values]"),
)
SHORTEST = 6
# Longer texts lose their middle before any pattern looks at them; the message of an exception stands at its end.
LONGEST, SEAM = 20_000, 320
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class WithoutRequests(logging.Filter):
    """Drops uvicorn's lines about single requests: `client - "WebSocket /path?query" [accepted]`."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not str(record.msg).startswith('%s - "')


def impersonal(value: Any) -> Any:
    """`value` without personal data in its texts, and texts at most LONGEST long; containers are looked through."""
    match value:
        case str() if len(value) >= SHORTEST:
            return _scrubbed(value) if len(value) <= LONGEST else _shortened(value)
        case dict():
            return {key: impersonal(item) for key, item in value.items()}
        case list() | tuple():
            return [impersonal(item) for item in value]
        case BaseException():
            return impersonal(repr(value))
        case _:
            return value


def _scrubbed(text: str) -> str:
    for pattern, instead in PERSONAL:
        text = pattern.sub(instead, text)
    return text


def _shortened(text: str) -> str:
    """Both ends of a long text. What the cut has halved, such as an address, is within SEAM characters of it."""
    half = LONGEST // 2
    head, tail = _scrubbed(text[:half]), _scrubbed(text[-half:])
    return f"{head[:-SEAM]} [{len(text) - LONGEST + 2 * SEAM} characters left out] {tail[SEAM:]}"


def without_people(logger: WrappedLogger, method: str, line: EventDict) -> EventDict:
    """A processor: the line without what `impersonal` takes out."""
    for name in LEFT_OUT:
        line.pop(name, None)
    return {name: value if name.startswith("_") else impersonal(value) for name, value in line.items()}


def without_traceback_of_refusals(logger: WrappedLogger, method: str, line: EventDict) -> EventDict:
    """A processor: that somebody was refused is no failure of ours; Django would show where in the code we said no."""
    if getattr(line.get("_record"), "status_code", 500) < 500:
        line.pop("exc_info", None)
    return line


def with_trace_id(logger: WrappedLogger, method: str, line: EventDict) -> EventDict:
    """A processor: the line with the id of the trace it belongs to."""
    if found := tracing.trace_id():
        line.setdefault("trace_id", found)
    return line


def on_one_line(logger: WrappedLogger, method: str, line: EventDict) -> EventDict:
    """A processor: nobody begins a line of their own, or colours one, by what they send."""
    if isinstance(event := line.get("event"), str):
        line["event"] = CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), event)
    return line


# Every line goes through these in this order, also those of libraries that know only Python's own logging.
PROCESSORS: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso"),
    without_traceback_of_refusals,
    structlog.processors.format_exc_info,
    with_trace_id,
    without_people,
    on_one_line,
]


def configure_structlog() -> None:
    """Hand the lines of structlog to Python's logging, which `logging_config` describes."""
    structlog.configure(
        processors=[*PROCESSORS, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def logging_config(level: str, form: str) -> dict[str, Any]:
    """Django's LOGGING: one handler that writes every line as JSON, or for people when `form` is not "json"."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structured": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processor": structlog.processors.JSONRenderer()
                if form == "json"
                else structlog.dev.ConsoleRenderer(colors=False),
                "foreign_pre_chain": PROCESSORS,
            }
        },
        "filters": {"no_requests": {"()": WithoutRequests}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "structured"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            # uvicorn has set up its own before we are asked; one format is enough.
            "uvicorn": {"handlers": [], "propagate": True, "level": level},
            # Both write addresses of clients and queries. Without an entry the first inherits the root's handler.
            "uvicorn.access": {"handlers": [], "propagate": False, "level": "CRITICAL"},
            "uvicorn.error": {"filters": ["no_requests"]},
            "uvicorn.websocket": {"level": "WARNING"},
            # At DEBUG they write headers, frames, and what is sent to the database.
            "websockets": {"level": "WARNING"},
            "django.db.backends": {"level": "WARNING"},
            "psycopg": {"level": "WARNING"},
            # It names who has signed in from where; smartscheduler.accounts.axes_hooks says what is to be known.
            "axes": {"level": "CRITICAL"},
            # They write every address that is asked, and some providers want their key in it.
            "httpx2": {"level": "WARNING"},
            "httpcore2": {"level": "WARNING"},
        },
    }
