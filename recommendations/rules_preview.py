"""What other rules would change: the ranking of one job before and after, and the first choice of many."""

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
    """One contractor's entry by the rules of now and by the others; None where not among those shown."""

    contractor: Contractor
    before: RankedCandidate | None
    after: RankedCandidate | None

    @property
    def climbed(self) -> int:
        """By how many ranks the contractor rises; negative when it falls, 0 also when there is nothing to compare."""
        return self.before.rank - self.after.rank if self.before and self.after else 0

    @property
    def fell(self) -> int:
        return -self.climbed

    @property
    def explanation(self) -> str:
        """Why, by the other rules; by those of now for somebody who is no longer there."""
        entry = self.after or self.before
        return entry.breakdown.explanation.split(";")[0] if entry else ""


@dataclass(frozen=True)
class Preview:
    """`other_first` and `other_reach` of `looked_at` jobs have another first choice, or somebody where there was nobody
    (or the other way round)."""

    places: list[Place]
    looked_at: int
    other_first: int
    other_reach: int


def preview(present: Rules, other: Rules, job: Job | None) -> Preview:
    """Rank by both, on one state of the database, the open jobs that are most urgent and `job`."""
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
    """The entries of `job`, and the ids of the first choices of the others."""
    entries = rank_all([JobRequest.of(job)], rules, max_results=SHOWN)[0].entries if job else []
    rankings = rank_all([JobRequest.of(open_job) for open_job in open_jobs], rules, max_results=1) if open_jobs else []
    return entries, [ranking.entries[0].contractor.pk if ranking.entries else None for ranking in rankings]


def _places(before: list[RankedCandidate], after: list[RankedCandidate]) -> list[Place]:
    """In the order of the other rules; those who would no longer be shown come last."""
    was = {entry.contractor.pk: entry for entry in before}
    now = {entry.contractor.pk: entry for entry in after}
    gone = [entry for entry in before if entry.contractor.pk not in now]
    return [
        Place(entry.contractor, was.get(entry.contractor.pk), now.get(entry.contractor.pk)) for entry in [*after, *gone]
    ]


def difference_rows(before: Rules, after: Rules) -> list[tuple[str, Any, Any]]:
    """Heading, value before and after of each number that differs."""
    return [(heading(name), plain(was), plain(now)) for name, (was, now) in differences(before, after).items()]


def heading(name: str) -> str:
    """What a number is called above it."""
    return str(RulesVersion._meta.get_field(name).verbose_name).capitalize()  # type: ignore[union-attr]


def plain(value: Any) -> str:
    """A number without zeros that say nothing: 0.4, 50."""
    return f"{value.normalize():f}" if hasattr(value, "normalize") else str(value)
