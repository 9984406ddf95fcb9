"""The two formats that models are asked in: Anthropic's messages, and OpenAI's chat completions, which many speak."""

from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.conf import settings

from recommendations.llm.prompt import MOST_TOKENS, SYSTEM, question
from smartscheduler.core.outbound.json_api import exchange, reject
from smartscheduler.core.outbound.provider_errors import Nonsense

MOST_BYTES = 256 * 1024
ANTHROPIC_VERSION = "2023-06-01"
# The only one that wants the newer name; others know only the older.
OPENAI = "api.openai.com"
MOST_COUNTED = 1_000_000


class Said(NamedTuple):
    """What a model has answered, and how many tokens that took; None when it does not say."""

    text: str
    tokens: int | None


class Request(NamedTuple):
    path: str
    headers: dict[str, str]
    body: dict[str, Any]


def ask(facts: Any) -> Said:
    """The model's sentence for these facts. Raises TryAgain, Rejected, Nonsense."""
    wire = WIRES[settings.EXPLANATION_MODEL_PROVIDER]
    one = wire.request(question(facts))
    status, given = exchange(
        settings.EXPLANATION_MODEL_URL,
        "POST",
        one.path,
        seconds=settings.EXPLANATION_TIMEOUT_SECONDS,
        most_bytes=MOST_BYTES,
        headers=one.headers,
        json=one.body,
    )
    reject(status, _code(given))
    try:
        return wire.said(given)
    except (KeyError, IndexError, TypeError, AttributeError):
        raise Nonsense("The answer has not the shape of one.") from None


def _anthropic(told: str) -> Request:
    return Request(
        "/v1/messages",
        {"x-api-key": settings.EXPLANATION_MODEL_KEY, "anthropic-version": ANTHROPIC_VERSION},
        {
            "model": settings.EXPLANATION_MODEL_NAME,
            "max_tokens": MOST_TOKENS,
            "system": SYSTEM,
            "messages": [{"role": "user", "content": told}],
        },
    )


def _anthropic_said(given: Any) -> Said:
    text = "".join(part["text"] for part in given["content"] if part["type"] == "text")
    used = given.get("usage") or {}
    return Said(text.strip(), _tokens(used.get("input_tokens"), used.get("output_tokens")))


def _openai(told: str) -> Request:
    key = settings.EXPLANATION_MODEL_KEY
    limit = "max_completion_tokens" if urlsplit(settings.EXPLANATION_MODEL_URL).hostname == OPENAI else "max_tokens"
    messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": told}]
    return Request(
        "/chat/completions",
        {"Authorization": f"Bearer {key}"} if key else {},
        {"model": settings.EXPLANATION_MODEL_NAME, limit: MOST_TOKENS, "messages": messages},
    )


def _openai_said(given: Any) -> Said:
    text = given["choices"][0]["message"]["content"]
    used = given.get("usage") or {}
    return Said((text or "").strip(), _tokens(used.get("prompt_tokens"), used.get("completion_tokens")))


def _tokens(*counts: object) -> int | None:
    """Their sum, when they are counts that can be believed."""
    believed = [count for count in counts if isinstance(count, int) and 0 <= count <= MOST_COUNTED]
    return sum(believed) if len(believed) == len(counts) else None


def _code(given: Any) -> str:
    """The provider's own name of its error, and none of its text."""
    error = given.get("error") if isinstance(given, dict) else None
    name = (error.get("type") or error.get("code")) if isinstance(error, dict) else None
    return name[:40] if isinstance(name, str) and name.replace("_", "").isalnum() else ""


class Wire(NamedTuple):
    request: Callable[[str], Request]
    said: Callable[[Any], Said]


WIRES = {"anthropic": Wire(_anthropic, _anthropic_said), "openai": Wire(_openai, _openai_said)}
