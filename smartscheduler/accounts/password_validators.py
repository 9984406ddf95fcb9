"""What makes a password too easy, or too long (AUTH_PASSWORD_VALIDATORS). There are no rules of composition."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError

from smartscheduler.accounts.permissions import Role

# What every stranger would try here; settings.PASSWORD_WORDS adds the company's own.
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
# Forms, the API and the model refuse a longer one before a pattern or a hash sees it.
LONGEST_PASSWORD = 128
TOO_LONG = f"A password has at most {LONGEST_PASSWORD} characters."
AROUND = re.compile(r"\A[\W\d_]++|(?<![\W\d_])[\W\d_]++\Z")
BETWEEN_WORDS = re.compile(r"\W+")
LEET = str.maketrans("013457@$!", "oleastasi")


class LengthValidator:
    """Refuses a password of more than LONGEST_PASSWORD characters."""

    def validate(self, password: str, user: Any = None) -> None:
        if len(password) > LONGEST_PASSWORD:
            raise ValidationError(TOO_LONG, code="password_too_long")

    def get_help_text(self) -> str:
        return TOO_LONG


class WordsValidator:
    """Refuses what is hardly more than words that belong to this product or company."""

    def __init__(self, words: Sequence[str] | None = None) -> None:
        self.words = sorted(
            (word.lower() for word in words or (*WORDS, *settings.PASSWORD_WORDS)), key=len, reverse=True
        )

    def validate(self, password: str, user: Any = None) -> None:
        rest = password.lower()
        for word in (*self.words, *self._own(user)):
            rest = rest.replace(word, "")
        if rest != password.lower() and len(rest) < FEWEST_BESIDES:
            raise ValidationError(f"{self._rule} Only “{rest}” is left of this one.", code="password_of_known_words")

    def get_help_text(self) -> str:
        return self._rule

    @property
    def _rule(self) -> str:
        return (
            f"Without your name and address, and without {', '.join(sorted(self.words))}, "
            f"a password must still have {FEWEST_BESIDES} characters."
        )

    def _own(self, user: Any) -> Iterable[str]:
        if isinstance(user, get_user_model()):
            parts = BETWEEN_WORDS.split(f"{user.name} {user.email}".lower())
            yield from sorted((part for part in parts if len(part) > 2), key=len, reverse=True)


class VariationValidator(CommonPasswordValidator):
    """Refuses a common password made longer: `password12345`, `P4ssw0rd!!!!`, `qwertyqwerty`."""

    def validate(self, password: str, user: Any = None) -> None:
        if any(self._is_common(stem) for stem in _stems(password.lower())):
            raise ValidationError(
                "This is a very common password with something added to it.", code="password_too_common"
            )

    def get_help_text(self) -> str:
        return "A common password with digits or signs around it, or written twice, is no better."

    def _is_common(self, stem: str) -> bool:
        return not stem or stem in self.passwords


def _stems(password: str) -> Iterable[str]:
    """What is left of `password` without repetitions, digits and signs around it, and digits in place of letters."""
    for written in (password, password.translate(LEET)):
        once = _once(written)
        yield once
        yield _once(AROUND.sub("", once))
    yield _once(AROUND.sub("", password).translate(LEET))


def _once(text: str) -> str:
    """`abcabc` as `abc`: the shortest beginning that, repeated, makes the whole."""
    return text[: (text + text).find(text, 1)] if text else text
