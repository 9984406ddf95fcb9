"""Placeholders in the texts of messages to customers: validation and substitution. Pure and linear."""

import re
from collections.abc import Mapping

from django.utils.translation import gettext

from smartscheduler.errors import InvalidInput
from smartscheduler.notifications.models import MessageKind

_ALWAYS = ("customer", "work", "address", "duration", "job_number", "sender")
_WHEN = (*_ALWAYS, "when")
# The placeholders of each kind of message.
PLACEHOLDERS: dict[str, tuple[str, ...]] = {
    MessageKind.BOOKED: _WHEN,
    MessageKind.MOVED: _WHEN,
    MessageKind.CANCELLED: _WHEN,
    MessageKind.REMINDER: _WHEN,
    MessageKind.DONE: (*_ALWAYS, "rating_link"),
    MessageKind.WINDOW_BROKEN: (*_WHEN, "promised"),
}
# Without this one the body of a message would not say what it is for.
REQUIRED: dict[str, str] = dict.fromkeys(MessageKind.values, "when") | {MessageKind.DONE: "rating_link"}

# A placeholder, a doubled brace, or a brace that is neither.
_TOKEN = re.compile(r"\{([a-z_]{1,30})\}|\{\{|\}\}|[{}]")


def check_text(kind: str, field: str, text: str) -> None:
    """Raise InvalidInput, which names the field and the rule, unless `text` suits messages of this kind."""
    names, allowed = set(), PLACEHOLDERS[kind]
    for token in _TOKEN.finditer(text):
        name = token.group(1)
        if name:
            names.add(name)
        elif len(token.group()) == 1:
            message = gettext("A brace belongs to a placeholder, such as {example}. Write it twice to show a brace.")
            raise InvalidInput.of(field, message.format(example=f"{{{allowed[0]}}}"))
    if unknown := sorted(names - set(allowed)):
        message = gettext("There is no placeholder {name} in this message. Use: {names}.")
        shown = ", ".join(f"{{{name}}}" for name in allowed)
        raise InvalidInput.of(field, message.format(name=f"{{{unknown[0]}}}", names=shown))
    if field == "body" and text and REQUIRED[kind] not in names:
        message = gettext("The text must contain {name}.")
        raise InvalidInput.of(field, message.format(name=f"{{{REQUIRED[kind]}}}"))


def filled(text: str, values: Mapping[str, str]) -> str:
    """`text` with the values of its placeholders; an unknown placeholder stays as it is written."""
    return _TOKEN.sub(lambda token: _replacement(token, values), text)


def _replacement(token: re.Match[str], values: Mapping[str, str]) -> str:
    name = token.group(1)
    return values.get(name, token.group()) if name else token.group()[:1]
