"""Contractors who meet the requirements of each job that need no calendar, best possible score first."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator
from operator import itemgetter
from typing import NamedTuple
from uuid import UUID

from assignments.eligibility import unmet_rules
from assignments.scoring import availability_part, hundredths
from contractors.models import Contractor
from recommendations.search.query import EligibleContractor, Order, RankingQuery
from smartscheduler.core.text import fold

# Degrees of latitude are at least this long, and a little slack covers rounding.
MILES_A_DEGREE, SLACK_MILES = 68.0, 1.0
# Contractors without a service radius are eligible everywhere, so that a job can have thousands. At least so many are
# kept of each job, and of all jobs together about so many pairs.
FEWEST_KEPT, MOST_PAIRS = 400, 4_000_000


class Person(NamedTuple):
    """A contractor with what a job compares: the folded skills, and the service radius in miles."""

    contractor: Contractor
    skills: frozenset[str]
    radius: float | None


class ContractorIndex:
    """Contractors by type and latitude, so that a job reads only those who can have it in their service radius."""

    def __init__(self, contractors: Iterable[Contractor]) -> None:
        self._near: dict[str, list[tuple[float, Person]]] = defaultdict(list)
        self._everywhere: dict[str, list[Person]] = defaultdict(list)
        for contractor in contractors:
            radius = contractor.service_radius_miles
            person = Person(
                contractor, frozenset(map(fold, contractor.skills)), None if radius is None else float(radius)
            )
            if person.radius is None:
                self._everywhere[contractor.type].append(person)
            else:
                self._near[contractor.type].append((contractor.point.latitude, person))
        for people in self._near.values():
            people.sort(key=lambda row: row[0])
        self._latitudes = {kind: [latitude for latitude, _ in people] for kind, people in self._near.items()}
        self._widest = {kind: max(person.radius or 0.0 for _, person in people) for kind, people in self._near.items()}

    def eligible(
        self, query: RankingQuery, always: UUID | None = None, most: int = FEWEST_KEPT
    ) -> tuple[list[EligibleContractor], int | None]:
        """The contractors who meet all requirements, by the sort key of the best score that they can have.

        At most `most` and the contractor `always`, and the highest bound of the others; None if there are none.
        """
        eligible, others = list[EligibleContractor](), None
        for _, contender, contractor in sorted(self._in_reach(query), key=itemgetter(0)):
            if others is not None and always is None:
                break
            if unmet_rules(contractor, query.request, miles=contender.miles):
                continue
            if len(eligible) < most or contender.id == always:
                eligible.append(contender)
            elif others is None:
                others = contender.bound
        return eligible, others

    def others(self, query: RankingQuery, known: Container[UUID]) -> Iterator[UUID]:
        """Ids of all contractors who meet the requirements, without the known ones, which are not looked at."""
        required = {fold(skill) for skill in query.request.required_skills}
        for person in self._candidates(query):
            contractor = person.contractor
            if contractor.pk in known or not required <= person.skills:
                continue
            miles = query.site.miles_from(contractor.point)
            if not unmet_rules(contractor, query.request, miles=miles):
                yield contractor.pk

    def _in_reach(self, query: RankingQuery) -> Iterator[tuple[Order, EligibleContractor, Contractor]]:
        """Those with the skills and the site in their radius, with the sort key: a quick look before all rules."""
        availability = availability_part(query.first_open_offset)
        required = {fold(skill) for skill in query.request.required_skills}
        for person in self._candidates(query):
            if not required <= person.skills:
                continue
            contractor = person.contractor
            miles = query.site.miles_from(contractor.point)
            if person.radius is None or miles <= person.radius:
                rating = hundredths(contractor.rating)
                contender = query.contender(contractor.pk, contractor.name, rating, miles, availability)
                yield contender.best_order, contender, contractor

    def _candidates(self, query: RankingQuery) -> Iterator[Person]:
        latitude = query.request.point.latitude
        for kind in (query.request.type, Contractor.Type.MULTI):
            if kind in self._near:
                half = (self._widest[kind] + SLACK_MILES) / MILES_A_DEGREE
                latitudes = self._latitudes[kind]
                first, last = bisect_left(latitudes, latitude - half), bisect_right(latitudes, latitude + half)
                for _, person in self._near[kind][first:last]:
                    yield person
            yield from self._everywhere.get(kind, ())
