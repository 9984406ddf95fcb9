"""Alternative ranking methods with the product's engine: a loop over all contractors."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Prefetch

from assignments.availability import Booking, Calendar
from assignments.eligibility import unmet_rules
from assignments.models import Assignment
from assignments.querysets import AssignmentQuerySet
from assignments.scoring import hundredths
from contractors.models import Contractor
from contractors.querysets import ContractorQuerySet
from recommendations.search.query import RankingQuery, ScoredCandidate


def literal(search: RankingQuery, max_results: int) -> list[ScoredCandidate]:
    """The original design: one query for the bookings of each contractor of the type, then the rules."""
    people = _crews(search).prefetch_related("working_hours", "absences")
    return _best(search, max_results, ((person, list(_bookings().filter(contractor=person))) for person in people))


def prefetched(search: RankingQuery, max_results: int) -> list[ScoredCandidate]:
    """The same loop with all data prefetched."""
    people = _crews(search)
    everything: Iterable[Any] = people.prefetch_related(
        "working_hours", "absences", Prefetch("assignments", _bookings(), "held")
    )
    return _best(search, max_results, ((person, person.held) for person in everything))


def _crews(search: RankingQuery) -> ContractorQuerySet:
    return Contractor.objects.active().filter(type__in=[search.request.type, "multi"])


def _bookings() -> AssignmentQuerySet:
    return Assignment.objects.live().select_related("job").order_by()


def _best(
    search: RankingQuery, max_results: int, people: Iterable[tuple[Contractor, Iterable[Assignment]]]
) -> list[ScoredCandidate]:
    candidates = []
    for person, bookings in people:
        miles = search.site.miles_to(person.point)
        if unmet_rules(person, search.request, miles=miles):
            continue
        calendar = Calendar(
            person.zone,
            [hours.shift for hours in person.working_hours.all()],
            [absence.slot for absence in person.absences.all()],
            [Booking(booking.slot, booking.job.point, booking.job_id) for booking in bookings],
        )
        contender = search.contender(person.pk, person.name, hundredths(person.rating), miles, 0)
        if candidate := search.candidate(contender, calendar):
            candidates.append(candidate)
    return sorted(candidates, key=lambda candidate: candidate.order)[:max_results]
