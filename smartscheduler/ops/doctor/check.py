"""What a check is, and how checks are run."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db import DatabaseError, connection, transaction
from redis import RedisError

from smartscheduler.core.db.transactions import snapshot


class Scope(StrEnum):
    """What a check is about. A restored backup has the first two; the third needs the product around it."""

    DATA = "data"
    STRUCTURE = "structure"
    RUNNING = "running"


@dataclass(frozen=True)
class Found:
    """What contradicts the check: some of it in words, and how much there is."""

    shown: list[str]
    count: int


Find = Callable[[int], Found]


@dataclass(frozen=True, kw_only=True)
class Check:
    """Something that must hold.

    `find` takes how many to show and returns what contradicts. A `large` check reads whole tables that grow with the
    business; `warns` says that what it finds is worth a look, not an error.
    """

    name: str
    holds: str
    remedy: str
    find: Find
    scope: Scope = Scope.DATA
    large: bool = False
    warns: bool = False


@dataclass(frozen=True)
class Outcome:
    """What a check has found; `failure` says why it could not be made at all."""

    check: Check
    found: Found
    seconds: float
    failure: str = ""

    @property
    def is_broken(self) -> bool:
        return bool(self.failure) or (self.found.count > 0 and not self.check.warns)

    @property
    def is_clean(self) -> bool:
        return not self.failure and self.found.count == 0

    def as_json(self) -> dict[str, Any]:
        return {
            "check": self.check.name,
            "holds": self.check.holds,
            "state": "ok" if self.is_clean else "broken" if self.is_broken else "warning",
            "count": self.found.count,
            "found": self.found.shown,
            "failure": self.failure,
            "remedy": "" if self.is_clean else self.check.remedy,
            "seconds": round(self.seconds, 3),
        }


def examine(checks: Iterable[Check], *, show: int) -> Iterator[Outcome]:
    """Make the checks one after the other, each in a read-only transaction of its own; show `show` findings a check."""
    for check in checks:
        began = time.monotonic()
        found, failure = Found([], 0), ""
        try:
            with snapshot(), transaction.atomic():
                found = check.find(show)
        except (DatabaseError, RedisError, OSError) as error:
            failure = str(error).strip().split("\n")[0] or repr(error)
        yield Outcome(check, found, time.monotonic() - began, failure)


def rows_of(query: str) -> Find:
    """For checks in SQL: `query` has one column, a sentence for each row that contradicts."""

    def find(show: int) -> Found:
        counted = f"SELECT what, count(*) OVER () FROM ({query}) AS found(what) ORDER BY 1 LIMIT {show}"  # noqa: S608
        with connection.cursor() as cursor:
            cursor.execute(counted)
            rows = cursor.fetchall()
        return Found([what for what, _ in rows], rows[0][1] if rows else 0)

    return find


def sentences(tell: Callable[[], Iterable[str]]) -> Find:
    """For checks in Python: `tell` gives a sentence for each thing that contradicts."""

    def find(show: int) -> Found:
        found = list(tell())
        return Found(found[:show], len(found))

    return find
