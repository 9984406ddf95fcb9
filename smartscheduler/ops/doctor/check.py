"""Definition and execution of checks."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db import DatabaseError, connection, transaction
from redis import RedisError

from smartscheduler.core.db.transactions import snapshot


class Scope(StrEnum):
    """The subject of a check. RUNNING checks need the running product; the others also apply to a restored backup."""

    DATA = "data"
    STRUCTURE = "structure"
    RUNNING = "running"


@dataclass(frozen=True)
class Findings:
    """Findings of a check: some of them as sentences, and their total number."""

    shown: list[str]
    count: int


Find = Callable[[int], Findings]


@dataclass(frozen=True, kw_only=True)
class Check:
    """An invariant with its check.

    `holds` states the invariant, and `remedy` says what to do when it is broken. `find` takes the number of findings to
    show. A `large` check reads whole tables. The findings of a check with `warns` are warnings instead of errors.
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
    """The result of a check; `failure` says why it could not run."""

    check: Check
    findings: Findings
    seconds: float
    failure: str = ""

    @property
    def is_broken(self) -> bool:
        return bool(self.failure) or (self.findings.count > 0 and not self.check.warns)

    @property
    def is_clean(self) -> bool:
        return not self.failure and self.findings.count == 0

    def as_json(self) -> dict[str, Any]:
        return {
            "check": self.check.name,
            "holds": self.check.holds,
            "state": "ok" if self.is_clean else "broken" if self.is_broken else "warning",
            "count": self.findings.count,
            "found": self.findings.shown,
            "failure": self.failure,
            "remedy": "" if self.is_clean else self.check.remedy,
            "seconds": round(self.seconds, 3),
        }


def examine(checks: Iterable[Check], *, show: int) -> Iterator[Outcome]:
    """Run the checks in order, each in its own read-only transaction, with at most `show` findings each."""
    for check in checks:
        began = time.monotonic()
        findings, failure = Findings([], 0), ""
        try:
            with snapshot(), transaction.atomic():
                findings = check.find(show)
        except (DatabaseError, RedisError, OSError) as error:
            failure = str(error).strip().split("\n")[0] or repr(error)
        yield Outcome(check, findings, time.monotonic() - began, failure)


def rows_of(query: str) -> Find:
    """`find` of an SQL check: `query` returns one column with a sentence for each finding."""

    def find(show: int) -> Findings:
        counted = f"SELECT what, count(*) OVER () FROM ({query}) AS found(what) ORDER BY 1 LIMIT {show}"  # noqa: S608
        with connection.cursor() as cursor:
            cursor.execute(counted)
            rows = cursor.fetchall()
        return Findings([what for what, _ in rows], rows[0][1] if rows else 0)

    return find


def sentences(findings: Callable[[], Iterable[str]]) -> Find:
    """`find` of a Python check: `findings` returns a sentence for each finding."""

    def find(show: int) -> Findings:
        shown = list(findings())
        return Findings(shown[:show], len(shown))

    return find
