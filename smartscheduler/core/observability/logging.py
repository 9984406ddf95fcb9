"""Structured logging: every log line carries request and trace ids and is stripped of personal data."""

import logging
import re
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from smartscheduler.core.observability import tracing

# Keys that identify a user's network and browser.
LEFT_OUT = ("ip", "user_agent")
# Personal data and secrets in messages of libraries and PostgreSQL.
# All patterns take linear time: repeats are possessive, and a match cannot start inside the start of another.
PERSONAL = (
    (re.compile(r"(?<![\w.+-])[\w.+-]++@(?=[\w.-]*?\.[A-Za-z]{2})[\w-]++(?:\.[\w-]++)*+"), "[e-mail]"),
    (re.compile(r"(?<![\w+])\+\d[\d ().-]{5,18}\d"), "[phone]"),
    (re.compile(r"\(?\b\d{3}\)?[ .-]\d{3}[ .-]\d{4}\b"), "[phone]"),
    (re.compile(r"(?<![\w-])eyJ[\w-]{5,}+\.[\w-]++\.[\w-]++"), "[token]"),
    (re.compile(r"(?i)(\bbearer |\bticket\.)[\w.~+/-]++=*+"), r"\1[token]"),
    (re.compile(r"(Failing row contains) \(.*+"), r"\1 [values]"),
    (re.compile(r"(Key \([^=\n]{1,300}?\))=\((?:.*\)(?= (?:already|conflicts|is))|.*+)"), r"\1=[values]"),
    (re.compile(r"(conflicts with existing key \([^=\n]{1,300}?\))=\(.*+"), r"\1=[values]"),
)
SHORTEST = 6
# Longer texts are cut in the middle before matching, because the message of an exception stands at the end.
LONGEST, SEAM = 20_000, 320
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class WithoutRequests(logging.Filter):
    """Drops uvicorn's lines about single requests: `client - "WebSocket /path?query" [accepted]`."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not str(record.msg).startswith('%s - "')


def impersonal(value: Any) -> Any:
    """`value` with personal data replaced and texts cut to LONGEST characters; containers are processed recursively."""
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
    """Both ends of a long text, without SEAM characters at each cut: these may hold half an email address."""
    half = LONGEST // 2
    head, tail = _scrubbed(text[:half]), _scrubbed(text[-half:])
    return f"{head[:-SEAM]} [{len(text) - LONGEST + 2 * SEAM} characters left out] {tail[SEAM:]}"


def without_people(logger: WrappedLogger, method: str, line: EventDict) -> EventDict:
    """Processor: remove personal data from the line."""
    for name in LEFT_OUT:
        line.pop(name, None)
    return {name: value if name.startswith("_") else impersonal(value) for name, value in line.items()}


def without_traceback_of_refusals(logger: WrappedLogger, method: str, line: EventDict) -> EventDict:
    """Processor: drop the traceback of responses below 500, which Django adds for rejected requests."""
    if getattr(line.get("_record"), "status_code", 500) < 500:
        line.pop("exc_info", None)
    return line


def with_trace_id(logger: WrappedLogger, method: str, line: EventDict) -> EventDict:
    """Processor: add the id of the present trace."""
    if trace_id := tracing.trace_id():
        line.setdefault("trace_id", trace_id)
    return line


def on_one_line(logger: WrappedLogger, method: str, line: EventDict) -> EventDict:
    """Processor: escape control characters, so that input cannot forge log lines or color them."""
    if isinstance(event := line.get("event"), str):
        line["event"] = CONTROL.sub(lambda match: match[0].encode("unicode_escape").decode(), event)
    return line


# Applied in this order to every line, including those of libraries that use Python's standard logging.
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
    """Send the lines of structlog to Python's logging, which `logging_config` configures."""
    structlog.configure(
        processors=[*PROCESSORS, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def logging_config(level: str, form: str) -> dict[str, Any]:
    """Django's LOGGING setting: one handler, with JSON lines when `form` is "json" and console lines otherwise."""
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
            # uvicorn configures its own handlers before Django is set up; replace them.
            "uvicorn": {"handlers": [], "propagate": True, "level": level},
            # Both write client addresses and query strings. The entry for access keeps it from using the root handler.
            "uvicorn.access": {"handlers": [], "propagate": False, "level": "CRITICAL"},
            "uvicorn.error": {"filters": ["no_requests"]},
            "uvicorn.websocket": {"level": "WARNING"},
            # At DEBUG these write headers, frames, and SQL parameters.
            "websockets": {"level": "WARNING"},
            "django.db.backends": {"level": "WARNING"},
            "psycopg": {"level": "WARNING"},
            # It logs accounts with network addresses; smartscheduler.accounts.axes_hooks logs what operators need.
            "axes": {"level": "CRITICAL"},
            # They log URLs, which contain the API key of some providers.
            "httpx2": {"level": "WARNING"},
            "httpcore2": {"level": "WARNING"},
        },
    }
