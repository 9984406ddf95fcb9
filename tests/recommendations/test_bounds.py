"""Score bounds are never exceeded, and search radii are large enough, for any weights."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from assignments.scoring import Weights, availability_part, rating_part
from contractors.spatial_index import regions
from jobs.requirements import JobRequest
from recommendations.search.bounds import LOWEST_BOUND, SLACK, Sampled, ScoreBounds
from recommendations.search.candidates import availability_by_weekdays
from recommendations.search.query import RankingQuery
from smartscheduler.places import Point, great_circle_miles
from smartscheduler.rules.values import UNIT, Rules
from smartscheduler.travel.routes import Site

SITE = Point(30.27, -97.74)
NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
REQUEST = JobRequest(
    type="flooring",
    desired_date=NOW + timedelta(days=3),
    point=SITE,
    time_zone="America/Chicago",
    duration=timedelta(hours=2),
)


@st.composite
def weights(draw: st.DrawFn) -> Weights:
    availability = draw(st.integers(0, UNIT))
    rating = draw(st.integers(0, UNIT - availability))
    return Weights(availability, rating, UNIT - availability - rating)


def query(weights: Weights, max_miles: float) -> RankingQuery:
    availability, rating, distance = weights
    rules = replace(
        Rules.of_settings(),
        availability_weight=availability,
        rating_weight=rating,
        distance_weight=distance,
        max_miles=max_miles,
    )
    return RankingQuery(REQUEST, 10, NOW, rules, Site(SITE))


searches = st.builds(query, weights(), st.floats(1, 500))
ratings, miles = st.integers(0, 500), st.floats(0, 600)


def real_bound(search: Any, rating: int, distance: float, days: int = 0) -> Any:
    """The bound as SQL counts it: no rounding."""
    shares = availability_part(days), rating_part(rating), max(0.0, 1 - distance / search.max_miles) * UNIT
    return sum(weight * share for weight, share in zip(search.weights, shares, strict=True)) / UNIT


@given(searches, ratings, miles, st.integers(0, 30), st.integers(0, 30))
def test_a_score_never_passes_its_bound(
    search: Any, rating: int, distance: float, first_possible: int, later: int
) -> None:
    contender = search.contender(UUID(int=1), "Ann", rating, distance, availability_part(first_possible))
    score = search.score(rating, distance, first_possible + later).total
    assert score <= contender.bound
    assert contender.order(score) >= contender.best_order


@given(searches, ratings, miles, st.integers(0, 30))
def test_rounding_stays_within_the_slack(search: Any, rating: int, distance: float, days: int) -> None:
    assert abs(search.score(rating, distance, days).total - real_bound(search, rating, distance, days)) <= SLACK / 2


@given(searches, ratings, st.floats(-0.9, 0.9), st.floats(-0.9, 0.9), st.floats(0, UNIT))
def test_contractors_with_a_bound_lie_in_its_boxes(
    search: Any, rating: int, north: float, east: float, bound: float
) -> None:
    bounds = ScoreBounds(search)
    person = Point(SITE.latitude + north, SITE.longitude + east)
    distance = great_circle_miles(SITE, person)
    if distance > bounds.reach or real_bound(search, rating, distance) < bound:
        return
    region = next(r for r in reversed(list(regions("flooring"))[::2]) if rating < r.top_rating or r.top_rating == 500)
    corners = [[tuple(map(float, c.strip("()").split(","))) for c in box.split("),(")] for box in bounds.boxes(bound)]
    x, y = person.longitude + region.east, person.latitude
    assert any(left <= x <= right and bottom <= y <= top for (left, bottom), (right, top) in corners)


@given(searches, ratings, st.floats(0, UNIT))
def test_far_contractors_with_a_bound_have_the_rating(search: Any, rating: int, bound: float) -> None:
    bounds = ScoreBounds(search)
    if real_bound(search, rating, bounds.reach + 1) >= bound:
        needed = bounds.far_rating(bound)
        assert needed is not None
        assert rating / 100 >= needed


@given(searches, st.lists(st.builds(Sampled, st.integers(1, 14), miles, st.none() | st.floats(0, UNIT)), max_size=60))
def test_a_search_ends_whatever_the_sample(search: Any, sample: list[Any]) -> None:
    bounds = ScoreBounds(search)
    bound, steps = bounds.first_bound(sample, 23), 0
    while bound != LOWEST_BOUND:
        lower = bounds.next_bound(bound, 0, 23)
        assert lower < bound or lower == LOWEST_BOUND
        bound, steps = lower, steps + 1
    assert steps <= 20


@given(st.integers(0, 6), st.integers(0, 40), st.integers(0, 30), st.integers(0, 1), st.integers(0, 127))
def test_the_best_availability_of_a_set_of_weekdays(
    first: int, gone: int, horizon: int, around: int, mask: int
) -> None:
    listed = availability_by_weekdays(first, gone, horizon, around)[1:-1].split(",")[mask]
    days = [
        day
        for day in range(gone, horizon + 1)
        if any(mask >> (first + day + near) % 7 & 1 for near in range(-around, around + 1))
    ]
    assert listed == (str(availability_part(days[0])) if days else "-1")
