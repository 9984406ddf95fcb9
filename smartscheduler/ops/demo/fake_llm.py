"""Fake language model for demos: rewords figures with one of a few templates, always the same for the same figures.

It implements the APIs of Anthropic and OpenAI, so that the demo needs no API key (`make run EXPLANATION_DEMO=1`).
"""

import json
import zlib
from typing import Any
from urllib.parse import urlsplit

from smartscheduler.ops.demo.fake_server import Answered, Asked, FakeServer, Handler

WAYS = (
    "{contractor} is free {when}, {day}, {rated}, and the site is {miles} miles away{road}: a score of {score}.",
    "With {slots} {when}, {day}, {contractor} has a score of {score}. It takes {minutes} min to drive the "
    "{miles} miles to the site{road}; the contractor {rated}.",
    "The score of {score} is made up of availability, rating and distance: free {when} ({day}), {rated}, "
    "and {miles} miles to travel{road}.",
)


def sentence(figures: dict[str, Any]) -> str:
    """The explanation for the figures of a prompt."""
    way = WAYS[zlib.crc32(json.dumps(figures, sort_keys=True).encode()) % len(WAYS)]
    days, slots = figures["days_later_than_desired"], figures["free_slots_that_day"]
    later = f"{days} day{'' if days == 1 else 's'} later than desired"
    return way.format(
        contractor="{contractor}",
        day="{day}",
        when=later if days else "on the desired day",
        rated=f"is rated {figures['rating_of_5']} of 5" if figures["rating_of_5"] else "is not rated yet",
        slots=f"{slots} slot{'' if slots == 1 else 's'}",
        miles=figures["miles_to_site"],
        minutes=figures["drive_minutes"],
        road=" by road" if figures["distance_by"] == "road" else "",
        score=figures["score"],
    )


def figures_in(asked: Asked) -> dict[str, Any]:
    """The figures in the prompt of a request in either format."""
    content = json.loads(asked.body)["messages"][-1]["content"]
    figures: dict[str, Any] = json.loads(content)
    return figures


def spoken(asked: Asked, text: str) -> Answered:
    """The response with `text` in the format of the requested provider."""
    words = len(text.split())
    if urlsplit(asked.path).path == "/v1/messages":
        if not asked.headers.get("x-api-key"):
            return Answered(401, {"type": "error", "error": {"type": "authentication_error", "message": "x-api-key"}})
        usage = {"input_tokens": len(asked.body) // 4, "output_tokens": words}
        content = [{"type": "text", "text": text}]
        return Answered(200, {"type": "message", "content": content, "stop_reason": "end_turn", "usage": usage})
    if urlsplit(asked.path).path.endswith("/chat/completions"):
        usage = {"prompt_tokens": len(asked.body) // 4, "completion_tokens": words}
        message = {"role": "assistant", "content": text}
        choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
        return Answered(200, {"object": "chat.completion", "choices": choices, "usage": usage})
    return Answered(404, {"error": {"type": "not_found_error", "message": "There is nothing at this address."}})


class ModelServer(FakeServer):
    """HTTP server with the APIs of both providers on one port."""

    def respond(self, handler: Handler, asked: Asked) -> None:
        try:
            answer = spoken(asked, sentence(figures_in(asked)))
        except (KeyError, ValueError, TypeError, IndexError) as error:
            answer = Answered(400, {"error": {"type": "invalid_request_error", "message": repr(error)}})
        handler.send(answer.status, json.dumps(answer.payload).encode())
