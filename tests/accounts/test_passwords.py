"""Password rules: rejected and accepted passwords."""

from typing import Any

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import override_settings

from smartscheduler.accounts.models import User

ANN = User(name="Wilhelmina Featherstone", email="wfeather@sunrise-floors.example")


@pytest.mark.parametrize(
    "password",
    [
        "short-enough",
        "correct horse battery",
        "123456789012x!Q",
        "ÄÖÜ äöü 你好 🧱🧱🧱",
        "a" + "bcdefghijklmnopqrstuvw" * 5,
        "no digits nor capitals here",
        "my smart contractor eats bricks",
    ],
)
def test_anything_long_and_rare_is_taken(password: str) -> None:
    validate_password(password, ANN)


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("elevenchars", "password_too_short"),
        ("password1234", "password_too_common"),
        ("!!password!!", "password_too_common"),
        ("P4ssw0rd2026", "password_too_common"),
        ("qwertyqwerty", "password_too_common"),
        ("111111111111", "password_too_common"),
        ("000111222333", "password_too_common"),
        ("iloveyou 2026!", "password_too_common"),
        ("administrator", "password_of_known_words"),
        ("SmartScheduler!1", "password_of_known_words"),
        ("coordinator-coordinator", "password_too_common_or_words"),
        ("featherstone", "password_of_known_words"),
        ("Wilhelmina2026", "password_of_known_words"),
        ("wfeather@sunrise-floors.example", "password_too_similar"),
    ],
)
def test_what_a_stranger_would_try_is_refused(password: str, code: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        validate_password(password, ANN)
    codes = {error.code for error in refusal.value.error_list}
    assert code in codes or (code.endswith("_or_words") and codes), codes


def test_the_company_has_words_of_its_own() -> None:
    validate_password("quarrystone-2026", ANN)
    with override_settings(PASSWORD_WORDS=["Quarrystone"]):
        from django.contrib.auth import password_validation

        cached: Any = password_validation.get_default_password_validators
        cached.cache_clear()
        try:
            with pytest.raises(ValidationError, match="is only “-2026”"):
                validate_password("quarrystone-2026", ANN)
        finally:
            cached.cache_clear()
