"""Normal forms of text and email addresses."""

import unicodedata
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartscheduler.core.email_addresses import (
    UnsuitableAddress,
    account_address,
    account_key,
    contact_address,
    contact_key,
)
from smartscheduler.core.text import (
    UnsuitableText,
    fold,
    many_lines,
    normalize_search,
    one_line,
    visible,
    visible_lines,
)

INVISIBLE = ["\a", "\0", "\x1b", "\x7f", "\u200b", "\u202e", "\u2066", "\ufeff"]
LINE_BREAKS = ["\n", "\r\n", "\x85", "\u2028", "\u2029"]


@pytest.mark.parametrize("letter", INVISIBLE, ids=ascii)
def test_one_line_refuses_what_cannot_be_seen(letter: str) -> None:
    with pytest.raises(UnsuitableText):
        one_line(f"Ada{letter}Tiles")


@pytest.mark.parametrize("letter", [*LINE_BREAKS, "\t", "\u00a0", " \n "], ids=ascii)
def test_one_line_folds_line_breaks_and_tabs(letter: str) -> None:
    assert one_line(f"{letter}Ada{letter}Tiles{letter}") == "Ada Tiles"


@pytest.mark.parametrize("letter", INVISIBLE, ids=ascii)
def test_notes_keep_line_breaks_alone(letter: str) -> None:
    assert many_lines("one\r\ntwo\rthree\u2028four\tfive\n") == "one\ntwo\nthree\nfour five"
    with pytest.raises(UnsuitableText):
        many_lines(f"Ada{letter}Tiles")


def test_notes_may_have_emoji_that_are_joined() -> None:
    assert many_lines("Ask the 👩\u200d🔧") == "Ask the 👩\u200d🔧"


@given(st.text(max_size=60))
def test_one_line_is_a_normal_form_or_a_refusal(text: str) -> None:
    try:
        line = one_line(text)
    except UnsuitableText:
        return
    assert one_line(line) == line == unicodedata.normalize("NFC", line)
    assert not {unicodedata.category(letter) for letter in line} & {"Cc", "Cf", "Zl", "Zp"}
    assert "  " not in line


@given(st.text(max_size=60))
def test_what_is_made_visible_has_nothing_invisible_left(text: str) -> None:
    assert not {unicodedata.category(letter) for letter in visible(text)} & {"Cc", "Cf", "Zl", "Zp", "Cs"}
    assert not {unicodedata.category(character) for character in visible_lines(text).replace("\n", "")} & {
        "Cc",
        "Cf",
        "Zl",
        "Zp",
    }


@given(st.text(max_size=40))
def test_all_spellings_of_a_name_have_one_key(text: str) -> None:
    try:
        key = fold(text)
    except UnsuitableText:
        return
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert fold(unicodedata.normalize(form, text)) == key
    assert fold(f"  {text}\t") == key


@pytest.mark.parametrize(
    ("spelling", "other"),
    [
        ("café", "cafe\u0301"),
        ("MOSAIC  inlay", "mosaic inlay"),
        ("Mosaic\u00a0inlay", "mosaic inlay"),
        ("Straße", "STRASSE"),
        ("\u212aitchen", "kitchen"),  # Kelvin
        ("gla\u017f\u017f", "GLASS"),  # long s
        ("Ｍｏｓａｉｃ", "mosaic"),
    ],
)
def test_spellings_of_one_name(spelling: str, other: str) -> None:
    assert fold(spelling) == fold(other)


@pytest.mark.parametrize(("spelling", "other"), [("t\u0131le", "tile"), ("cafe", "café"), ("T\u0130LE", "tile")])
def test_other_letters_are_other_names(spelling: str, other: str) -> None:
    assert fold(spelling) != fold(other)


@pytest.mark.parametrize("make", [one_line, many_lines, fold, normalize_search])
def test_a_heap_of_marks_costs_no_time(make: Callable[[str], str]) -> None:
    """Putting n marks in order takes n² steps: a hundred thousand would stand still for minutes."""
    text = "a" + "\u0301\u0323" * 50_000
    try:
        assert make(text) == ""
    except UnsuitableText as refusal:
        assert "combining marks" in str(refusal)


@pytest.mark.parametrize(
    ("letter", "mark", "most"),
    [("a", "\u0301", 30), ("a", "\u0344", 15), ("\u0390", "\u0301", 30), ("\u1fb7", "\u0344", 15)],
    ids=ascii,
)
def test_what_may_be_stored_can_be_stored_again_and_has_a_key(letter: str, mark: str, most: int) -> None:
    """Some marks, and some letters, come apart into several when they are normalized."""
    line = one_line(letter + mark * most)
    assert one_line(line) == line
    assert fold(line) == fold(unicodedata.normalize("NFKD", line))
    with pytest.raises(UnsuitableText):
        one_line(letter + mark * (most + 1))


class TestAccounts:
    @pytest.mark.parametrize(
        "text",
        ["coord\u0131nator@example.com", "\u212aim@example.com", "bo\u017f@example.com", "\u0130da@example.com",
         "ｂｏｓｓ@example.com", "boss@ｅxample.com", "boß@example.com", "boss@bücher.example", "bo ss@example.com",
         "boss@example.com\n x", "bo\u200bss@example.com"],
        ids=ascii,
    )  # fmt: skip
    def test_an_address_outside_ascii_is_refused_and_finds_nothing(self, text: str) -> None:
        with pytest.raises(UnsuitableAddress):
            account_address(text)
        assert account_key(text) not in {"coordinator@example.com", "kim@example.com", "boss@example.com"}

    def test_case_and_blanks_around_it_do_not_count(self) -> None:
        assert account_address(" Boss@Example.COM ") == account_key("BOSS@example.com ") == "boss@example.com"

    @given(st.text(max_size=60))
    def test_what_is_stored_is_what_is_looked_for(self, text: str) -> None:
        with suppress(UnsuitableAddress):
            assert account_key(text) == account_address(text)


class TestContractors:
    @pytest.mark.parametrize(
        "text", ["ada@bücher.example", "ada@xn--bcher-kva.example", "ADA@BÜCHER.example", "ada@ｂücher．example"]
    )
    def test_an_international_domain_has_one_form(self, text: str) -> None:
        assert contact_key(text) == "ada@xn--bcher-kva.example"

    def test_the_local_part_stays_as_it_is_written(self) -> None:
        assert contact_address("Ada.Tiles@Example.COM") == "Ada.Tiles@example.com"
        assert contact_key("Ada.Tiles@Example.COM") == contact_key("ada.tiles@example.com")

    @pytest.mark.parametrize(
        "text", ["\u212aim@example.com", "ad\u0131@example.com", "ada@xn--a.example", "a\n@x.example", "\u200b"]
    )
    def test_what_no_mail_server_takes_is_refused(self, text: str) -> None:
        with pytest.raises(UnsuitableAddress):
            contact_address(text)

    @given(st.text(max_size=60))
    def test_the_stored_form_is_its_own(self, text: str) -> None:
        try:
            stored = contact_address(f"{text}@example.com")
        except UnsuitableAddress:
            return
        assert contact_address(stored) == stored
        assert contact_key(stored.upper()) == contact_key(stored)
