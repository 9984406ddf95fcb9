"""docs/security.md lists every requirement once, with existing evidence and correct counts."""

import re
from collections import Counter
from functools import cache

from smartscheduler import BASE_DIR

TEXT = (BASE_DIR / "docs" / "security.md").read_text()
# ASVS 5.0.0: the level of each requirement, in order, by section.
LEVELS = {
    1: ["22", "1111122223", "112222222223", "222", "123"],
    2: ["122", "112", "12223", "23"],
    3: ["3", "113", "12223", "11222233", "11122333", "3", "22333"],
    4: ["12233", "23333", "22", "1222"],
    5: ["2", "112333", "113", "222"],
    6: ["122", "111111112222", "11223333", "112233", "22222333", "2223", "33", "2222"],
    7: ["222", "1111", "22", "11222", "223", "22"],
    8: ["1233", "1123", "133", "23"],
    9: ["111", "1222"],
    10: ["22", "223", "22223", "1111122222233333", "22222", "22", "222"],
    11: ["2233", "22233", "11233", "1222", "23", "23", "33"],
    12: ["12233", "11", "22223"],
    13: ["2333", "222223", "2233", "1222233"],
    14: ["22", "12223333", "122"],
    15: ["12233", "12233", "1222222", "3333"],
    16: ["2", "22222", "2222", "222", "2223"],
    17: ["23", "22223333", "22"],
}
WANTED = [
    f"{chapter}.{section}.{number}"
    for chapter, sections in LEVELS.items()
    for section, levels in enumerate(sections, start=1)
    for number, level in enumerate(levels, start=1)
    if level in "12"
]
ROW = re.compile(r"^\| (\d+\.\d+\.\d+) \| ([^|]+) \| (met|\*\*not met\*\*|does not apply) \| (.+) \|$", re.MULTILINE)
ROWS = ROW.findall(TEXT)
PLACE = re.compile(r"[\w.@/-]+\.(?:py|md|yml|yaml|toml|ts|js|mjs|json|html|lock)|[\w./-]+/[A-Z]\w+file|templates")


def evidence() -> set[str]:
    return {token for _, _, _, text in ROWS for token in re.findall(r"`([^`]+)`", text)}


@cache
def read(place: str) -> str | None:
    for path in (BASE_DIR / place, BASE_DIR / "tests" / place):
        if path.exists():
            return path.read_text() if path.is_file() else ""
    return None


def is_true(token: str) -> bool:
    """Whether a setting, a file or a name in a file exists."""
    if token.startswith("settings."):
        return (
            re.search(rf"^\s*{token.removeprefix('settings.')}\b", str(read("smartscheduler/settings.py")), re.M)
            is not None
        )
    place, _, name = token.partition("::")
    text = read(place)
    if text is None:
        return False
    sought = rf"(?:def|class) {re.escape(name)}\b" if name.startswith(("test_", "Test")) else rf"\b{re.escape(name)}"
    return not name or re.search(sought, text) is not None


def is_evidence(token: str) -> bool:
    """Not one of the words that are in code for being code."""
    return token.startswith("settings.") or "::" in token or PLACE.fullmatch(token) is not None


def test_every_requirement_of_both_levels_is_there_once_and_in_order() -> None:
    assert Counter(level for sections in LEVELS.values() for levels in sections for level in levels) == {
        "1": 70, "2": 183, "3": 92
    }  # fmt: skip
    assert [number for number, *_ in ROWS] == WANTED


def test_the_evidence_exists() -> None:
    tokens = sorted(filter(is_evidence, evidence()))
    assert [token for token in tokens if not is_true(token)] == []
    assert len(tokens) > 100


def test_what_is_met_has_evidence() -> None:
    empty = [
        number
        for number, _, state, text in ROWS
        if state == "met" and not (any(map(is_evidence, re.findall(r"`([^`]+)`", text))) or "](#" in text)
    ]
    assert set(empty) <= {"6.4.2"}
    for section in re.findall(r"\]\(#([a-z-]+)\)", TEXT):
        assert re.search(rf"^## {section.replace('-', ' ')}$", TEXT, re.MULTILINE | re.IGNORECASE), section


def test_what_is_not_met_says_why_and_what_would_meet_it() -> None:
    part = TEXT.partition("### Not met")[2].partition("\n### ")[0]
    reasons = re.findall(r"^\| (\d+\.\d+\.\d+) \| [^|]{10,} \| [^|]{3,} \|$", part, re.MULTILINE)
    assert reasons == [number for number, _, state, _ in ROWS if state == "**not met**"]


def test_the_counts_are_right() -> None:
    states = ("met", "**not met**", "does not apply")
    for chapter in LEVELS:
        counts = Counter(state for number, _, state, _ in ROWS if number.startswith(f"{chapter}."))
        (counted,) = re.findall(rf"^\| V{chapter} [^|]+ \| (\d+) \| (\d+) \| (\d+) \|$", TEXT, re.MULTILINE)
        assert [int(count) for count in counted] == [counts[state] for state in states], chapter
    counts = Counter(state for *_, state, _ in ROWS)
    total = "** | **".join(str(counts[state]) for state in states)
    assert f"| **all {len(WANTED)}** | **{total}** |" in TEXT


def test_a_broken_promise_would_be_noticed() -> None:
    assert not is_true("accounts/test_sessions.py::test_nothing_of_the_kind")
    assert not is_true("no/such/file.py")
    assert not is_true("settings.NO_SUCH_SETTING")
    assert is_true("settings.PASSWORD_HASHERS")
