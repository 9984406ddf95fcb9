"""Preview of a rules change: the ranking of one job before and after, and the first choices of many jobs."""

from dataclasses import dataclass
from typing import Any

from contractors.models import Contractor
from jobs.models import Job
from jobs.requirements import JobRequest
from recommendations.ranking import rank_all
from recommendations.results import RankedCandidate
from smartscheduler.core.db.transactions import snapshot
from smartscheduler.rules.models import RulesVersion
from smartscheduler.rules.services import differences
from smartscheduler.rules.values import Rules

SHOWN, MOST_JOBS = 10, 40


@dataclass(frozen=True)
class Place:
    """The entries of one contractor by the current and the new rules; None where the contractor is not shown."""

    contractor: Contractor
    before: RankedCandidate | None
    after: RankedCandidate | None

    @property
    def climbed(self) -> int:
        """The number of ranks gained, negative if lost; 0 if one of the entries is missing."""
        return self.before.rank - self.after.rank if self.before and self.after else 0

    @property
    def fell(self) -> int:
        return -self.climbed

    @property
    def explanation(self) -> str:
        """The clause about the first free day, by the new rules if the contractor is shown there."""
        entry = self.after or self.before
        return entry.breakdown.explanation.split(";")[0] if entry else ""


@dataclass(frozen=True)
class Preview:
    """The places of one job, and counts over `looked_at` open jobs.

    `other_first` of them would have another first choice; `other_reach` would get a first choice or lose it.
    """

    places: list[Place]
    looked_at: int
    other_first: int
    other_reach: int


def preview(present: Rules, other: Rules, job: Job | None) -> Preview:
    """Rank `job` and the most urgent open jobs by both rules, on one state of the database."""
    open_jobs = list(Job.objects.open().by_urgency()[:MOST_JOBS])
    with snapshot():
        (before, firsts), (after, other_firsts) = (_ranked(rules, job, open_jobs) for rules in (present, other))
    pairs = list(zip(firsts, other_firsts, strict=True))
    return Preview(
        places=_places(before, after),
        looked_at=len(open_jobs),
        other_first=sum(1 for was, now in pairs if was and now and was != now),
        other_reach=sum(1 for was, now in pairs if (was is None) != (now is None)),
    )


def _ranked(rules: Rules, job: Job | None, open_jobs: list[Job]) -> tuple[list[RankedCandidate], list[Any]]:
    """The entries of `job`, and the ids of the first choices of the open jobs."""
    entries = rank_all([JobRequest.of(job)], rules, max_results=SHOWN)[0].entries if job else []
    rankings = rank_all([JobRequest.of(open_job) for open_job in open_jobs], rules, max_results=1) if open_jobs else []
    return entries, [ranking.entries[0].contractor.pk if ranking.entries else None for ranking in rankings]


def _places(before: list[RankedCandidate], after: list[RankedCandidate]) -> list[Place]:
    """The contractors in the order of the new rules; those who would no longer be shown come last."""
    was = {entry.contractor.pk: entry for entry in before}
    now = {entry.contractor.pk: entry for entry in after}
    gone = [entry for entry in before if entry.contractor.pk not in now]
    return [
        Place(entry.contractor, was.get(entry.contractor.pk), now.get(entry.contractor.pk)) for entry in [*after, *gone]
    ]


def difference_rows(before: Rules, after: Rules) -> list[tuple[str, Any, Any]]:
    """Label, old value and new value of each field that differs."""
    return [(heading(name), plain(was), plain(now)) for name, (was, now) in differences(before, after).items()]


def heading(name: str) -> str:
    """The label of a field."""
    return str(RulesVersion._meta.get_field(name).verbose_name).capitalize()  # type: ignore[union-attr]


def plain(value: Any) -> str:
    """A number without trailing zeros: 0.4, 50."""
    return f"{value.normalize():f}" if hasattr(value, "normalize") else str(value)
