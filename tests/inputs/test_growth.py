"""The time of every pattern, parser, cleaner, and field grows linearly with its input."""

import re
import socket
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from django import forms
from rest_framework import serializers

from smartscheduler.privacy.pii_matcher import PersonPatterns
from tests.inputs.collecting import made_of_variables, patterns, readers, searches, subclasses
from tests.inputs.growth import GROWTH, attacks, grows_too_fast, objections
from tests.inputs.test_bounds_of_fields import inputs


def use_of(name: str, pattern: "re.Pattern[str]") -> Callable[[str], Any]:
    return (lambda text: list(pattern.finditer(text))) if searches(name) else pattern.fullmatch


NAMED = {
    **patterns(),
    "needles.of_somebody": PersonPatterns.of(
        names=["Ada Tiles Moore", "José Núñez"], phones=["(512) 555-0143"], emails=["ada@example.com"], instead="–"
    )._compiled,
}


def test_the_patterns_are_found() -> None:
    assert len(NAMED) > 50
    assert {
        "smartscheduler.core.observability.logging.CONTROL",
        "contractors.models.PHONE_NUMBER.regex",
    } <= NAMED.keys()
    assert sum("smartscheduler.core.observability.logging.PERSONAL" in name for name in NAMED) == 8


def test_no_other_pattern_is_made_where_it_cannot_be_found() -> None:
    """The needles of a person are made of names, and are among those above."""
    assert [call for call in made_of_variables() if not call.startswith("pii_matcher.re.compile(self.pattern")] == []


@pytest.mark.parametrize("name", sorted(NAMED))
def test_no_repeat_of_a_pattern_competes_with_another(name: str) -> None:
    assert objections(NAMED[name], searches=searches(name)) == []


LENGTHS = (24, 400, 25_600)


def slowest(pattern: "re.Pattern[str]", work: Callable[[str], Any]) -> str:
    """The first attack on a pattern under which `work` grows too fast."""
    made = {length: list(attacks(pattern, length)) for length in (*LENGTHS, *(length // GROWTH for length in LENGTHS))}
    for number in range(len(made[LENGTHS[0]])):
        for length in LENGTHS:
            if grows_too_fast(work, made[length][number], made[length // GROWTH][number]):
                return repr(made[length][number][:40])
    return ""


@pytest.mark.parametrize("name", sorted(NAMED))
def test_a_pattern_takes_time_in_proportion_to_the_text(name: str) -> None:
    assert slowest(NAMED[name], use_of(name, NAMED[name])) == ""


BAD = {
    "an e-mail address": r"[\w.+-]+@",
    "blanks before a blank": r"([a-z][a-z\s]*?)\s+(\d.+)",
    "both ends": r"\A[\W\d_]+|[\W\d_]+\Z",
    "a tag": r"<[^>]*>",
    "nested": r"(?:a+)+b",
    "any any": r".*x.*y",
    "values": r"Key \([^)]*\)=",
}


@pytest.mark.parametrize("pattern", BAD.values(), ids=BAD)
def test_a_pattern_of_the_kind_is_caught(pattern: str) -> None:
    compiled = re.compile(pattern)
    assert objections(compiled, searches=True) or slowest(compiled, lambda text: list(compiled.finditer(text)))


@pytest.mark.parametrize("pattern", [r"(?<!\w)\w++@", r"\d{3}-\d{4}", r"[a-z]+(?:['-][a-z]+)*", r"\W+", r"^[0-9]{5}\Z"])
def test_a_linear_pattern_is_let_through(pattern: str) -> None:
    assert objections(re.compile(pattern), searches=True) == []


PUMPS = [
    *"a0 -,;:\"'<(.@\n",
    *("a ", "a,", '""', '"a;', "Mon ", "Mon-Fri 08:00-12:00, ", "a=b&", "job:", "<a>"),
]
ENDS = ("", "!\x00")


def worst(work: Callable[[str], Any]) -> str:
    """The first pump that makes `work` grow too fast."""
    for pump in PUMPS:
        for end in ENDS:
            for length in (400, 8_000):
                long, short = (pump * (letters // len(pump)) + end for letters in (length, length // GROWTH))
                if grows_too_fast(work, long, short):
                    return repr(long[:40])
    return ""


@pytest.fixture(autouse=True)
def nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """No database (pytest-django forbids it), and no network."""

    def refuse(*args: Any, **kwargs: Any) -> None:
        raise OSError("no network in this test")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)


READERS = readers()


def test_the_readers_are_found() -> None:
    assert len(READERS) > 70
    assert {
        "smartscheduler.imports.cell_formats.read_week",
        "smartscheduler.privacy.pii_matcher.plain_name",
    } <= READERS.keys()


@pytest.mark.parametrize("name", sorted(READERS))
def test_a_reader_takes_time_in_proportion_to_the_text(name: str) -> None:
    assert worst(READERS[name]) == ""


def of_serializers() -> dict[str, Callable[[str], Any]]:
    def inner(path: str, field: serializers.Field[Any, Any, Any, Any]) -> Iterable[tuple[str, Callable[[str], Any]]]:
        if field.read_only:
            return
        if isinstance(field, serializers.Serializer):
            for name, nested in field.fields.items():
                yield from inner(f"{path}.{name}", nested)
        elif hasattr(field, "child"):
            yield from inner(f"{path}[]", field.child)
        else:
            yield path, field.run_validation

    return {name: work for kind in inputs() for name, work in inner(kind.__name__, kind())}


FIELDS = of_serializers()


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_a_field_of_a_body_takes_time_in_proportion(name: str) -> None:
    assert worst(FIELDS[name]) == ""


FORM_FIELDS = {
    f"{kind.__module__}.{kind.__name__}.{name}": field.clean
    for kind in subclasses(forms.BaseForm)
    if hasattr(kind, "base_fields")
    for name, field in kind.base_fields.items()
}


@pytest.mark.parametrize("name", sorted(FORM_FIELDS))
def test_a_field_of_a_form_takes_time_in_proportion(name: str) -> None:
    assert worst(FORM_FIELDS[name]) == ""
