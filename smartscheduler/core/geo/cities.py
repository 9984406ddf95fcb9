"""Comparison of a city with its ZIP code, by the names of post offices. Pure.

A city that is no post office, as many suburbs, is compared by its spelling only: its ZIP codes are unknown.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from typing import NamedTuple

from django.utils.translation import gettext

from smartscheduler.core.geo.zip_codes import city_of, middle_of, middles_in, places, state_of
from smartscheduler.core.text import fold
from smartscheduler.places import Origin, Point

# Post offices deliver across the borders of cities; farther away, one of the two values is wrong.
REMARK_MILES, REFUSAL_MILES = 30, 1_000
SAME_CITY = 0.8  # the ratio of difflib from which a city is a misspelling
LONGEST_CITY = 100
SHORT_FORMS = {"st": "saint", "ste": "sainte", "ft": "fort", "mt": "mount", "pt": "point", "spgs": "springs"}
WORD = re.compile(r"[^\W_]+")


class Contradiction(NamedTuple):
    """A ZIP code and a city that do not belong together. `miles` is 0 for a misspelled city."""

    message: str
    miles: float

    @property
    def is_refused(self) -> bool:
        return self.miles > REFUSAL_MILES


def contradiction(city: str, state: str, zip_code: str) -> Contradiction | None:
    """Compare a city with its ZIP code. None if they agree, and if one of them is unknown or in another state."""
    center, of_zip = middle_of(zip_code), city_of(zip_code)
    if center is None or center.state != state or not city or len(city) > LONGEST_CITY or _key(city) == _key(of_zip):
        return None
    codes = zip_codes_of(city, state)
    if not codes:
        if SequenceMatcher(None, _key(city), _key(of_zip)).ratio() < SAME_CITY:
            return None
        message = gettext("ZIP code {zip_code} is {city}, {state}. Did you mean {city} instead of {typed}?")
        return Contradiction(message.format(zip_code=zip_code, city=of_zip, state=state, typed=city), 0)
    origin = Origin(center.point)
    miles = min(origin.miles_to(_point(code)) for code in codes)
    if miles <= REMARK_MILES:
        return None
    message = gettext(
        "ZIP code {zip_code} is {city}, {state}, {miles} miles from {typed}. Did you mean {other_code}, {other_city}?"
    )
    other = _closest(zip_code, codes)
    return Contradiction(
        message.format(
            zip_code=zip_code, city=of_zip, state=state, miles=f"{miles:,.0f}", typed=city, other_code=other,
            other_city=city_of(other),
        ),
        miles,
    )  # fmt: skip


@lru_cache(maxsize=4096)
def is_far_from_state(city: str, state: str, zip_code: str) -> bool:
    """Whether a ZIP code is too far from the city, or from a state without this city, for a slip in one of them."""
    center = middle_of(zip_code)
    if center is None:
        return True
    points = [_point(code) for code in zip_codes_of(city, state)] or [Point(*middle) for middle in middles_in(state)]
    origin = Origin(center.point)
    return min(map(origin.miles_to, points), default=math.inf) > REFUSAL_MILES


def suggestion(city: str, state: str, zip_code: str) -> str:
    """What a ZIP code outside the state could have been; empty if the city is unknown."""
    of_zip, codes = state_of(zip_code), zip_codes_of(city, state)
    if not codes or of_zip == state:
        return ""
    other = _closest(zip_code, codes)
    values = {"other_code": other, "other_city": city_of(other), "other_state": state, "zip_code": zip_code}
    if not of_zip:
        return gettext("Did you mean {other_code}, {other_city}, {other_state}?").format(**values)
    message = gettext("{zip_code} is {city}, {state}. Did you mean {other_code}, {other_city}, {other_state}?")
    return message.format(city=city_of(zip_code), state=of_zip, **values)


def zip_codes_of(city: str, state: str) -> Sequence[str]:
    """The ZIP codes with a known center of a post office of this name; empty for an unknown one."""
    return _codes().get((state, _key(city)), ()) if len(city) <= LONGEST_CITY else ()


def _closest(zip_code: str, codes: Sequence[str]) -> str:
    """The code with most digits in common, at their places; of several, the first of the city's most common area."""
    areas = Counter(code[:3] for code in codes)
    return max(codes, key=lambda code: (_common_digits(code, zip_code), areas[code[:3]], -int(code)))


def _common_digits(code: str, other: str) -> int:
    return sum(a == b for a, b in zip(code, other, strict=False))


def _point(zip_code: str) -> Point:
    center = middle_of(zip_code)
    return center.point if center else Point(0, 0)


@lru_cache(maxsize=4096)
def _key(city: str) -> str:
    return " ".join(SHORT_FORMS.get(word, word) for word in WORD.findall(fold(city)))


@lru_cache(maxsize=1)
def _codes() -> Mapping[tuple[str, str], Sequence[str]]:
    codes: dict[tuple[str, str], list[str]] = defaultdict(list)
    for code, state, city in places():
        codes[state, _key(city)].append(code)
    return dict(codes)
