"""Names of people as other programs write them: `Moore, Ada`, or first and last name in two columns."""

import re

LONGEST_TEXT = 200
# Words after a comma that do not make the text before it a last name.
NOT_FIRST_NAMES = frozenset(
    {
        "inc",
        "llc",
        "llp",
        "lp",
        "ltd",
        "co",
        "corp",
        "company",
        "corporation",
        "pllc",
        "pc",
        "plc",
        "jr",
        "sr",
        "ii",
        "iii",
        "iv",
        "md",
        "dds",
        "esq",
        "phd",
        "cpa",
        "the",
        "dba",
        "etc",
    }
)
FAMILY = re.compile(r"[^\W\d_][\w'’.-]{0,40}(?: [^\W\d_][\w'’.-]{0,40}){0,2}")
GIVEN = re.compile(r"[^\W\d_][\w'’.-]{0,40}(?: (?:&|and) [^\W\d_][\w'’.-]{0,40}|(?: [^\W\d_][\w'’.-]{0,40}){0,2})")
PARTICLES = frozenset(
    {
        "da",
        "de",
        "del",
        "della",
        "der",
        "di",
        "dos",
        "du",
        "la",
        "le",
        "mac",
        "st",
        "van",
        "von",
        "den",
        "ter",
        "ten",
        "bin",
        "al",
        "el",
        "san",
        "santa",
    }
)


def split_name(text: str) -> tuple[str, str]:
    """First and last name of `Ada Moore` and of `Moore, Ada`. A single word, or a company, is the first name."""
    words = name_in_order(text).split()
    if len(words) < 2:
        return " ".join(words), ""
    at = len(words) - 1
    while at > 1 and words[at - 1].lower().strip(".") in PARTICLES:
        at -= 1
    return " ".join(words[:at]), " ".join(words[at:])


def join_name(first: str, last: str) -> str:
    """The name in full. A part that repeats the other one, as in some exports, stands once."""
    first, last = " ".join(first.split()), " ".join(last.split())
    if first.lower() == last.lower() or (last and first.lower().endswith(f" {last.lower()}")):
        return first
    return f"{first} {last}".strip()


def name_in_order(text: str) -> str:
    """`Moore, Ada` as `Ada Moore`. Other text, such as `Moore Tile, LLC`, keeps its order."""
    plain = " ".join(text[: LONGEST_TEXT + 1].split())
    if len(plain) > LONGEST_TEXT:
        return text
    last, comma, first = plain.partition(", ")
    words = {word.lower().strip(".") for word in first.split()}
    is_name = bool(comma) and FAMILY.fullmatch(last) and GIVEN.fullmatch(first) and not words & NOT_FIRST_NAMES
    return f"{first} {last}" if is_name else plain
