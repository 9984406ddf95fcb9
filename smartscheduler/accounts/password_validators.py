"""Password validators (AUTH_PASSWORD_VALIDATORS): length, known words, common passwords. No composition rules."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from smartscheduler.accounts.permissions import Role

# Words that an attacker would try first. settings.PASSWORD_WORDS adds words of the company.
WORDS = (
    "smartscheduler",
    "scheduler",
    "smart",
    "dispatcher",
    "dispatch",
    "contractor",
    "flooring",
    "carpet",
    *Role.values,
)
FEWEST_BESIDES = 8
# Forms, the API and the model refuse longer passwords before a pattern or a slow hash processes them.
LONGEST_PASSWORD = 128
TOO_LONG = format_lazy(_("A password can have at most {most} characters."), most=LONGEST_PASSWORD)
AROUND = re.compile(r"\A[\W\d_]++|(?<![\W\d_])[\W\d_]++\Z")
BETWEEN_WORDS = re.compile(r"\W+")
LEET = str.maketrans("013457@$!", "oleastasi")


class LengthValidator:
    """Refuses a password of more than LONGEST_PASSWORD characters."""

    def validate(self, password: str, user: Any = None) -> None:
        if len(password) > LONGEST_PASSWORD:
            raise ValidationError(TOO_LONG, code="password_too_long")

    def get_help_text(self) -> str:
        return str(TOO_LONG)


class WordsValidator:
    """Refuses passwords that consist mainly of words of the product, the company or the account."""

    def __init__(self, words: Sequence[str] | None = None) -> None:
        self.words = sorted(
            (word.lower() for word in words or (*WORDS, *settings.PASSWORD_WORDS)), key=len, reverse=True
        )

    def validate(self, password: str, user: Any = None) -> None:
        rest = password.lower()
        for word in (*self.words, *self._own(user)):
            rest = rest.replace(word, "")
        if rest != password.lower() and len(rest) < FEWEST_BESIDES:
            text = gettext("{rule} The rest of this password is only “{rest}”.")
            raise ValidationError(text.format(rule=self._rule, rest=rest), code="password_of_known_words")

    def get_help_text(self) -> str:
        return self._rule

    @property
    def _rule(self) -> str:
        text = gettext(
            "A password must have at least {fewest} characters in addition to your name, your address and these words: "
            "{words}."
        )
        return text.format(fewest=FEWEST_BESIDES, words=", ".join(sorted(self.words)))

    def _own(self, user: Any) -> Iterable[str]:
        if isinstance(user, get_user_model()):
            parts = BETWEEN_WORDS.split(f"{user.name} {user.email}".lower())
            yield from sorted((part for part in parts if len(part) > 2), key=len, reverse=True)


class VariationValidator(CommonPasswordValidator):
    """Refuses extended common passwords, such as `password12345`, `P4ssw0rd!!!!` or `qwertyqwerty`."""

    def validate(self, password: str, user: Any = None) -> None:
        if any(self._is_common(stem) for stem in _stems(password.lower())):
            raise ValidationError(
                gettext("This is a common password with something added to it."), code="password_too_common"
            )

    def get_help_text(self) -> str:
        return gettext("A password must not be a common password that is repeated or has digits or symbols added.")

    def _is_common(self, stem: str) -> bool:
        return not stem or stem in self.passwords


def _stems(password: str) -> Iterable[str]:
    """Simplified forms of `password`: without repetition, without surrounding digits and symbols, without leetspeak."""
    for written in (password, password.translate(LEET)):
        once = _once(written)
        yield once
        yield _once(AROUND.sub("", once))
    yield _once(AROUND.sub("", password).translate(LEET))


def _once(text: str) -> str:
    """The shortest prefix whose repetition is `text`: `abc` for `abcabc`."""
    return text[: (text + text).find(text, 1)] if text else text
