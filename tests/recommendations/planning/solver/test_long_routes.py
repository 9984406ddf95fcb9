"""The best-first search of pricing against the depth-first search, which tries every order."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommendations.planning.solver import pricing
from recommendations.planning.solver.long_routes import LongRouteSearch
from recommendations.planning.solver.pricing import RouteSearch, Visit, visits_of
from recommendations.planning.solver.progress import SolveStopped
from recommendations.planning.solver.routes import SCALE, Network
from tests.recommendations.planning.solver.small_problems import joined_problem, small_problem
from tests.recommendations.planning.solver.test_solve import medium_problem

ENOUGH = 10**6
dice = st.randoms(use_true_random=False)


def visits(dice: Random, network: Network, segment: int) -> list[Visit]:
    """The jobs of the segment with random charges."""
    charges = {job: SCALE * dice.randint(0, 40_000) for job in network.by_segment[segment]}
    sites = len(network.legs)
    return visits_of(network, segment, charges, SCALE * dice.choice([0, 500]), [(0, 0)] * sites * 20)


def network_of(dice: Random, *, booked: bool = False) -> Network:
    """Sometimes with several days in a segment."""
    return Network(dice.choice([small_problem, joined_problem])(dice, jobs=6, booked=booked))


@given(dice=dice)
@settings(max_examples=80, deadline=None)
def test_finds_the_best_route_or_a_true_limit(dice: Random) -> None:
    network = network_of(dice, booked=True)
    for segment, options in enumerate(network.by_segment):
        if not options:
            continue
        jobs = visits(dice, network, segment)
        expected = RouteSearch(network, segment, jobs, 0, rising=True).run(ENOUGH)
        best = LongRouteSearch(network, segment, jobs, 0, {}, rising=True).run(ENOUGH)
        assert (best.most, best.exact) == (expected.most, True)
        assert best.routes[-1:] == expected.routes[-1:] or best.routes[-1][0] == expected.routes[-1][0]
        for steps in (0, 3, 20):
            early = LongRouteSearch(network, segment, jobs, 0, {}, rising=True).run(steps)
            assert early.most >= expected.most
            assert early.most == expected.most or not early.exact


@given(dice=dice)
@settings(max_examples=80, deadline=None)
def test_lists_every_route_above_the_threshold(dice: Random) -> None:
    network = network_of(dice)
    for segment, options in enumerate(network.by_segment):
        if not options:
            continue
        jobs, threshold = visits(dice, network, segment), SCALE * dice.randint(-5_000, 30_000)
        expected = RouteSearch(network, segment, jobs, threshold, rising=False).run(ENOUGH)
        listed = LongRouteSearch(network, segment, jobs, threshold, {}, rising=False).run(ENOUGH)
        assert sorted(listed.routes) == sorted(expected.routes)
        assert listed.exact


def test_a_search_ends_when_the_run_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pricing, "STEPS_A_TICK", 10)
    network, ticks = Network(medium_problem()), list[int]()
    jobs = visits_of(network, 0, dict.fromkeys(network.by_segment[0], 0), 0, [(0, 0)] * 60)

    def tick() -> None:
        ticks.append(1)
        if len(ticks) % 3 == 0:
            raise SolveStopped

    for search in (
        RouteSearch(network, 0, jobs, 0, rising=False, tick=tick),
        LongRouteSearch(network, 0, jobs, 0, {}, rising=False, tick=tick),
    ):
        with pytest.raises(SolveStopped):
            search.run(ENOUGH)
    assert len(ticks) == 6
