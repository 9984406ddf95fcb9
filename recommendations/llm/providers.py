"""The two supported API formats: Anthropic's Messages, and OpenAI's Chat Completions, which many servers offer."""

from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext

from recommendations.llm.prompt import MOST_TOKENS, SYSTEM, question
from smartscheduler.core.outbound.json_api import exchange, reject
from smartscheduler.core.outbound.provider_errors import Nonsense

MOST_BYTES = 256 * 1024
ANTHROPIC_VERSION = "2023-06-01"
# OpenAI itself requires `max_completion_tokens`; compatible servers know only the older `max_tokens`.
OPENAI = "api.openai.com"
# Token counts above this are implausible and ignored.
MOST_COUNTED = 1_000_000


class Reply(NamedTuple):
    """The text of a model, and the tokens used; None if the response does not report them."""

    text: str
    tokens: int | None


class Request(NamedTuple):
    path: str
    headers: dict[str, str]
    body: dict[str, Any]


def ask(facts: Any) -> Reply:
    """The reply of the model for these facts. Raises TryAgain, Rejected, Nonsense."""
    wire = WIRES[settings.EXPLANATION_MODEL_PROVIDER]
    request = wire.request(question(facts))
    status, body = exchange(
        settings.EXPLANATION_MODEL_URL,
        "POST",
        request.path,
        seconds=settings.EXPLANATION_TIMEOUT_SECONDS,
        most_bytes=MOST_BYTES,
        headers=request.headers,
        json=request.body,
    )
    reject(status, _code(body))
    try:
        return wire.reply(body)
    except (KeyError, IndexError, TypeError, AttributeError):
        raise Nonsense(gettext("The response does not have the expected structure.")) from None


def _anthropic(message: str) -> Request:
    return Request(
        "/v1/messages",
        {"x-api-key": settings.EXPLANATION_MODEL_KEY, "anthropic-version": ANTHROPIC_VERSION},
        {
            "model": settings.EXPLANATION_MODEL_NAME,
            "max_tokens": MOST_TOKENS,
            "system": SYSTEM,
            "messages": [{"role": "user", "content": message}],
        },
    )


def _anthropic_reply(body: Any) -> Reply:
    text = "".join(part["text"] for part in body["content"] if part["type"] == "text")
    used = body.get("usage") or {}
    return Reply(text.strip(), _tokens(used.get("input_tokens"), used.get("output_tokens")))


def _openai(message: str) -> Request:
    key = settings.EXPLANATION_MODEL_KEY
    limit = "max_completion_tokens" if urlsplit(settings.EXPLANATION_MODEL_URL).hostname == OPENAI else "max_tokens"
    messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": message}]
    return Request(
        "/chat/completions",
        {"Authorization": f"Bearer {key}"} if key else {},
        {"model": settings.EXPLANATION_MODEL_NAME, limit: MOST_TOKENS, "messages": messages},
    )


def _openai_reply(body: Any) -> Reply:
    text = body["choices"][0]["message"]["content"]
    used = body.get("usage") or {}
    return Reply((text or "").strip(), _tokens(used.get("prompt_tokens"), used.get("completion_tokens")))


def _tokens(*counts: object) -> int | None:
    """The sum of token counts; None unless all are plausible."""
    believed = [count for count in counts if isinstance(count, int) and 0 <= count <= MOST_COUNTED]
    return sum(believed) if len(believed) == len(counts) else None


def _code(body: Any) -> str:
    """The error code of the provider. Its message is left out, because it may repeat the request."""
    error = body.get("error") if isinstance(body, dict) else None
    name = (error.get("type") or error.get("code")) if isinstance(error, dict) else None
    return name[:40] if isinstance(name, str) and name.replace("_", "").isalnum() else ""


class Wire(NamedTuple):
    """An API format: how a message becomes a request, and a response body becomes a reply."""

    request: Callable[[str], Request]
    reply: Callable[[Any], Reply]


WIRES = {"anthropic": Wire(_anthropic, _anthropic_reply), "openai": Wire(_openai, _openai_reply)}
