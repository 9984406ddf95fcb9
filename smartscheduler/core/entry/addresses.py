"""Postal addresses of the US as people write them: states in any form, ZIP codes, and addresses on one line.

An address is split only where the state and the ZIP code say how; the offline table names the cities.
"""

import re

from localflavor.us.us_states import STATES_NORMALIZED

from smartscheduler.core.entry import UnreadableText
from smartscheduler.core.geo.address_lines import read_address
from smartscheduler.core.geo.zip_codes import city_of, state_of
from smartscheduler.core.text import fold

# A longer text is no address on one line.
LONGEST_TEXT = 300
ZIP = re.compile(r"(\d{5})(?:[-–—\s]?(\d{4}))?+", re.ASCII)
ZIP_AT_END = re.compile(r"(?<![\w-])(\d{5})(?:[-–—]\d{4}|\d{4})?+\Z", re.ASCII)
COUNTRY = re.compile(r"[\s,]{0,3}\b(?:usa|u\.s\.a\.?|u\.s\.|us|united states(?: of america)?)\Z", re.IGNORECASE)
UNIT = re.compile(
    r"(?:apt|apartment|unit|suite|ste|bldg|building|fl|floor|rm|room|lot|trlr|spc|po box|p\.?o\.? box)\b|#|\d+\Z",
    re.IGNORECASE | re.ASCII,
)
STREET_ENDS = frozenset(
    {
        "aly",
        "alley",
        "ave",
        "av",
        "avenue",
        "blvd",
        "boulevard",
        "cir",
        "circle",
        "ct",
        "court",
        "cv",
        "cove",
        "dr",
        "drive",
        "expy",
        "expressway",
        "fwy",
        "freeway",
        "hwy",
        "highway",
        "ln",
        "lane",
        "loop",
        "pass",
        "path",
        "pike",
        "pkwy",
        "parkway",
        "pl",
        "place",
        "plz",
        "plaza",
        "pt",
        "point",
        "rd",
        "road",
        "row",
        "run",
        "sq",
        "square",
        "st",
        "street",
        "ter",
        "terrace",
        "trl",
        "trail",
        "tpke",
        "turnpike",
        "vw",
        "view",
        "walk",
        "way",
        "xing",
        "crossing",
    }
)
SHORT_NAMES = {"st": "saint", "ste": "sainte", "ft": "fort", "mt": "mount"}
DIRECTIONS = frozenset({"n", "s", "e", "w", "ne", "nw", "se", "sw", "north", "south", "east", "west"})


def state_code(text: str) -> str:
    """The code of a US state that is named in any form (`Texas`, `tx`, `TX.`, `Tex.`, `N. Mex.`); empty otherwise."""
    if len(text) > 60:
        return ""
    words = " ".join(text.lower().replace(".", " ").replace(",", " ").split())
    return STATES.get(words, "") or STATES.get(words.replace(" ", ""), "")


# The library knows the misspelled form of Michigan and of others, but no full form of the Washington in the east.
STATES: dict[str, str] = {
    **STATES_NORMALIZED,
    **dict.fromkeys(("washington dc", "d c", "washington d c"), "DC"),
    **dict.fromkeys(("us virgin islands", "u s virgin islands", "v i"), "VI"),
    **dict.fromkeys(("p r", "porto rico"), "PR"),
    **dict.fromkeys(("armed forces americas",), "AA"),
    **dict.fromkeys(("armed forces europe",), "AE"),
    **dict.fromkeys(("armed forces pacific",), "AP"),
}


def read_zip_code(text: str, state: str = "") -> str | None:
    """The five digits of a ZIP code with or without +4. A number that lost its zeros gets them back with its state.

    None for a text that is no ZIP code of the `state`, if that is known.
    """
    text = text.strip()
    if match := ZIP.fullmatch(text):
        return match[1]
    digits = text.replace("-", "").replace(".0", "") if len(text) <= 10 else ""
    if not (digits.isascii() and digits.isdigit()):
        return None
    # Three or four digits of a ZIP code, or seven or eight of one with +4.
    whole = digits.zfill(5) if len(digits) in {3, 4} else digits.zfill(9)[:5] if len(digits) in {7, 8} else ""
    of_state = state_of(whole) if whole else ""
    is_sure = of_state == state if state else len(digits) in {4, 8}
    return whole if of_state and is_sure else None


def read_place(text: str) -> dict[str, str] | None:
    """The parts of an address in a cell: of `split_address`, else of the reader that needs the ZIP code only.

    None if neither can tell them apart.
    """
    if place := split_address(text):
        return place
    try:
        address, city, state, zip_code, _notes = read_address(text)
    except UnreadableText:
        return None
    return {"address": address, "city": city, "state": state, "zip_code": zip_code}


def split_address(text: str) -> dict[str, str] | None:
    """`address`, `city`, `state` and `zip_code` of an address on one line or on several; None if it is uncertain.

    Without a ZIP code, `zip_code` is left out. The city is the part between the last two separators, or else a city
    of the state that the offline table names.
    """
    if len(text) > LONGEST_TEXT:
        return None
    parts = [" ".join(part.split()) for part in SEPARATOR.split(COUNTRY.sub("", text.strip(" \t\r\n,;.")))]
    parts = [part for part in parts if part]
    zip_code, parts = _zip_at_end(parts)
    state, parts = _state_at_end(parts, zip_code)
    if not parts or not state:
        return None
    street_and_city = _street_and_city(parts, zip_code)
    if street_and_city is None:
        return None
    street, city = street_and_city
    place = {"address": street, "city": city, "state": state}
    return place | {"zip_code": zip_code} if zip_code else place


SEPARATOR = re.compile(r"[,;|\n\r]")


def _zip_at_end(parts: list[str]) -> tuple[str, list[str]]:
    if not parts:
        return "", parts
    if match := ZIP_AT_END.search(parts[-1][-12:]):
        rest = parts[-1][: len(parts[-1]) - len(match[0])].strip(" .-")
        return match[1], _with_last(parts, rest)
    *others, last = parts[-1].split()
    state, _ = _state_at_end(_with_last(parts, " ".join(others)), "")
    zip_code = read_zip_code(last, state) if state and len(last) in {3, 4} else None
    return (zip_code, _with_last(parts, " ".join(others))) if zip_code else ("", parts)


def _with_last(parts: list[str], last: str) -> list[str]:
    return [*parts[:-1], *([last] if last else [])]


def _state_at_end(parts: list[str], zip_code: str) -> tuple[str, list[str]]:
    """The state in the last one to three words, and the parts before it; else the state of the ZIP code."""
    words = parts[-1].split() if parts else []
    for count in (3, 2, 1):
        name = " ".join(words[-count:]) if len(words) >= count else ""
        state = state_code(name) if name else ""
        # In `5 Main St, Washington` the last part is the city.
        is_whole = len(words) == count or len(name) <= 4 or state == state_of(zip_code)
        if state and is_whole and not (count > 1 and words[-count].lower() == "washington"):
            return state, _with_last(parts, " ".join(words[:-count]))
    return state_of(zip_code), parts


def _street_and_city(parts: list[str], zip_code: str) -> tuple[str, str] | None:
    if len(parts) > 1 and not UNIT.match(parts[-1]) and any(sign.isalpha() for sign in parts[-1]):
        return ", ".join(parts[:-1]), parts[-1]
    line = ", ".join(parts)
    return _by_table(line, zip_code) or _by_street(line)


def _by_table(line: str, zip_code: str) -> tuple[str, str] | None:
    """Split before the name of the city of the ZIP code, where `St.` is `Saint`."""
    words, city = line.split(), _city_words(city_of(zip_code))
    at = len(words) - len(city)
    if not city or at < 1 or _city_words(" ".join(words[at:])) != city:
        return None
    return " ".join(words[:at]).strip(" ,"), " ".join(words[at:])


def _city_words(text: str) -> list[str]:
    return [SHORT_NAMES.get(word, word) for word in fold(text).replace(".", " ").split()]


def _by_street(line: str) -> tuple[str, str] | None:
    """Split after the only word that ends a street: `12 Oak Ln Round Rock`."""
    words = line.split()
    ends = [at for at, word in enumerate(words) if word.lower().strip(".,") in STREET_ENDS]
    if len(ends) != 1 or not line[:1].isdigit():
        return None
    at = ends[0] + 1
    street, city = " ".join(words[:at]), " ".join(words[at:])
    is_city = len(city) >= 2 and not UNIT.match(city) and words[at].lower().strip(".,") not in DIRECTIONS
    return (street, city) if is_city else None
