"""Order, retries, and failures of the road distance providers."""

import threading
from collections import Counter
from typing import Any

import pytest
import stamina
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from recommendations.travel.batching import batches
from recommendations.travel.client import matrix_of
from recommendations.travel.matrix import Refusal
from recommendations.travel.provider_chain import ask
from recommendations.travel.providers import PROVIDERS
from smartscheduler.core.outbound import circuit_breaker
from smartscheduler.core.outbound.provider_errors import NotAsked, Rejected, TryAgain
from smartscheduler.core.outbound.retries import retry_after
from smartscheduler.rules.current import current_rules
from smartscheduler.travel import budget
from smartscheduler.travel.estimates import NewEstimate
from smartscheduler.travel.geocells import Pair, cell
from smartscheduler.travel.models import ProviderDay
from tests.events.processes import wait_until
from tests.recommendations.travel.places import SITE, base, ways_in
from tests.recommendations.travel.servers import SHORT_SECONDS, WITHOUT_RESPONSE, Providers

pytestmark = pytest.mark.django_db


def asked(pairs: list[Pair]) -> tuple[dict[Any, Any], set[Pair]]:
    estimates: dict[Pair, Any] = {}
    failed: set[Pair] = set()
    for part in ask(pairs, timezone.now(), current_rules().pace):
        estimates |= part.estimates
        failed |= part.failed
    return estimates, failed


def sources(estimates: Any) -> Counter[Any]:
    return Counter(estimate.source for estimate in estimates.values())


def test_one_call_for_sixty_bases(roads: Providers) -> None:
    estimates, failed = asked(ways_in(60))
    assert sources(estimates) == {"google_routes": 60}
    assert (failed, roads.calls) == (set(), {"google_routes": 1})


def test_the_legacy_matrix_needs_more_calls(roads: Providers, settings: Settings) -> None:
    settings.TRAVEL_PROVIDERS = ["google_matrix"]
    estimates, _ = asked(ways_in(60))
    assert sources(estimates) == {"google_matrix": 60}
    assert roads.calls == {"google_matrix": 3}


def test_both_ways_of_a_site_are_two_calls(roads: Providers) -> None:
    pairs = [*ways_in(40), *(pair.back for pair in ways_in(10))]
    estimates, _ = asked(pairs)
    assert estimates.keys() == {*pairs}
    assert roads.calls["google_routes"] == 2


def test_batches_have_every_pair_once_and_nothing_else() -> None:
    stars = [*ways_in(700), *(pair.back for pair in ways_in(30)), Pair(cell(base(3)), cell(base(4)))]
    cut = list(batches(stars, 625))
    assert sorted(pair for batch in cut for pair in batch.pairs) == sorted(stars)
    assert max(len(batch.pairs) for batch in cut) <= 625


@pytest.mark.parametrize("behavior", ["slow", "dripping", "broken", "reset", "truncated"])
def test_tries_three_times_then_asks_the_next(roads: Providers, settings: Settings, behavior: str) -> None:
    roads.behavior["google_routes"] = behavior
    if behavior in WITHOUT_RESPONSE:
        settings.TRAVEL_TIMEOUT_SECONDS = SHORT_SECONDS
    estimates, failed = asked(ways_in(5))
    assert sources(estimates) == {"openrouteservice": 5}
    assert failed == set()
    # A request is counted when the server reads it, which may be after its client has given up.
    wait_until(lambda: roads.calls == {"google_routes": 3, "openrouteservice": 1})


@pytest.mark.parametrize("behavior", ["denied", "malformed", "kilometers", "milliseconds", "words", "busy_for_an_hour"])
def test_asks_the_next_at_once(roads: Providers, behavior: str) -> None:
    roads.behavior["google_routes"] = behavior
    estimates, _ = asked(ways_in(5))
    assert sources(estimates) == {"openrouteservice": 5}
    assert roads.calls == {"google_routes": 1, "openrouteservice": 1}
    assert ProviderDay.objects.get(provider="google_routes").error


def test_a_hiccup_is_tried_again(roads: Providers) -> None:
    roads.behavior["google_routes"] = ["broken", "reset"]
    estimates, _ = asked(ways_in(5))
    assert sources(estimates) == {"google_routes": 5}
    assert roads.calls == {"google_routes": 3}


def test_a_429_is_waited_out(roads: Providers) -> None:
    stamina.set_testing(False)
    roads.behavior["google_routes"] = ["busy"]
    estimates, _ = asked(ways_in(5))
    assert sources(estimates) == {"google_routes": 5}
    assert roads.calls == {"google_routes": 2}


def test_waits_as_long_as_it_is_told_to_and_a_little_longer() -> None:
    assert 7 < retry_after(TryAgain("", 7)) < 8
    assert retry_after(TryAgain("")) is True
    assert retry_after(TryAgain("", 3600)) is False
    assert retry_after(Rejected("")) is False


def test_a_pause_of_an_hour_applies_to_all_workers(roads: Any) -> None:
    roads.behavior["google_routes"] = "busy_for_an_hour"
    asked(ways_in(2))
    roads.behavior.clear()
    estimates, _ = asked(ways_in(2))
    assert sources(estimates) == {"openrouteservice": 2}
    assert roads.calls["google_routes"] == 1


def test_only_the_bad_elements_go_to_the_next(roads: Providers) -> None:
    roads.behavior["google_routes"] = "partial"
    estimates, failed = asked(ways_in(10))
    assert sources(estimates) == {"google_routes": 4, "openrouteservice": 6}
    assert failed == set()
    assert ProviderDay.objects.get(provider="google_routes").refused == 6


def test_no_road_distance_is_known(roads: Any) -> None:
    roads.behavior |= {"google_routes": "partial", "openrouteservice": "partial"}
    estimates, failed = asked(ways_in(10))
    assert sources(estimates) == {"google_routes": 4, "openrouteservice": 2, "great_circle": 4}
    assert failed == set()
    assert {estimate.note for estimate in estimates.values() if estimate.source == "great_circle"} == {
        "no_road by openrouteservice",
        "negative by openrouteservice",
    }


def test_all_are_down(roads: Providers) -> None:
    roads.behavior |= {"google_routes": "broken", "openrouteservice": "broken"}
    pairs = ways_in(4)
    assert asked(pairs) == ({}, {*pairs})


def test_one_bad_place_among_many_is_found(roads: Providers, settings: Settings) -> None:
    settings.TRAVEL_PROVIDERS = ["openrouteservice"]
    roads.behavior["openrouteservice"] = "unroutable"
    roads.bad_place = (base(7).longitude, base(7).latitude)
    estimates, failed = asked(ways_in(32))
    assert sources(estimates) == {"openrouteservice": 31, "great_circle": 1}
    assert estimates[Pair(cell(base(7)), cell(SITE))].source == "great_circle"
    assert (failed, roads.calls["openrouteservice"]) == (set(), 11)
    assert circuit_breaker.state("openrouteservice") == "closed"


def google(pairs: int = 2) -> list[list[NewEstimate | Refusal]]:
    return matrix_of(PROVIDERS["google_routes"], [base(n) for n in range(pairs)], [SITE], timezone.now())


def test_the_breaker_opens_half_opens_and_closes(roads: Providers, settings: Settings) -> None:
    roads.behavior["google_routes"] = "broken"
    for _ in range(2):
        with pytest.raises((TryAgain, NotAsked)):
            google()
    assert circuit_breaker.state("google_routes") == "open"
    assert roads.calls["google_routes"] == 5
    with pytest.raises(NotAsked, match="breaker is open"):
        google()
    assert roads.calls["google_routes"] == 5
    settings.TRAVEL_BREAKER_SECONDS = 0
    with pytest.raises((TryAgain, NotAsked)):
        google()  # half open: tried, and open again
    settings.TRAVEL_BREAKER_SECONDS = 60
    assert circuit_breaker.state("google_routes") == "open"
    tried = roads.calls["google_routes"]
    with pytest.raises(NotAsked):
        google()
    assert roads.calls["google_routes"] == tried
    settings.TRAVEL_BREAKER_SECONDS = 0
    roads.behavior.clear()
    google()
    assert circuit_breaker.state("google_routes") == "closed"


@pytest.mark.django_db(transaction=True)
def test_one_at_a_time_tries_whether_it_is_back(roads: Providers, settings: Settings) -> None:
    settings.TRAVEL_BREAKER_SECONDS = 0
    circuit_breaker.breaker("google_routes").open()
    roads.behavior["google_routes"] = "slow"
    settings.TRAVEL_TIMEOUT_SECONDS = 20
    trying = threading.Thread(target=in_thread, args=(google,))
    trying.start()
    while not roads.calls["google_routes"]:
        pass
    with pytest.raises(NotAsked, match="Another worker"):
        google()
    assert roads.calls["google_routes"] == 1
    roads.behavior.clear()
    roads.go_on.set()
    trying.join()


def in_thread(work: Any) -> None:
    try:
        work()
    except (TryAgain, NotAsked):
        pass
    finally:
        connection.close()


def test_an_open_breaker_costs_nothing(roads: Providers) -> None:
    circuit_breaker.breaker("google_routes").open()
    with pytest.raises(NotAsked):
        google()
    assert not ProviderDay.objects.filter(provider="google_routes").exists()


def test_the_budget_is_in_elements_or_requests(roads: Providers, settings: Settings) -> None:
    settings.TRAVEL_BUDGETS = {**settings.TRAVEL_BUDGETS, "google_routes": 10, "openrouteservice": 1}
    estimates, failed = asked(ways_in(8))
    assert sources(estimates) == {"google_routes": 8}
    estimates, failed = asked(ways_in(3))
    assert sources(estimates) == {"openrouteservice": 3}
    estimates, failed = asked(ways_in(3))
    assert (estimates, len(failed)) == ({}, 3)
    assert {day.provider: day.spent for day in ProviderDay.objects.all()} == {"google_routes": 8, "openrouteservice": 1}


def test_every_attempt_is_paid_for(roads: Providers) -> None:
    roads.behavior["google_routes"] = "broken"
    with pytest.raises(TryAgain):
        google(7)
    assert ProviderDay.objects.get(provider="google_routes").spent == 21


def test_a_budget_restarts_at_midnight(roads: Any, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.TRAVEL_BUDGETS = {**settings.TRAVEL_BUDGETS, "google_routes": 5}
    assert budget.spend("google_routes", 5)
    assert not budget.spend("google_routes", 1)
    ProviderDay.objects.update(day="2020-01-01")
    assert budget.spend("google_routes", 5)


def test_a_minute_holds_only_so_many(roads: Providers, settings: Settings) -> None:
    settings.TRAVEL_A_MINUTE = {**settings.TRAVEL_A_MINUTE, "google_routes": 10}
    assert [budget.within_the_minute("google_routes", 4) for _ in range(3)] == [True, True, False]


def test_without_valkey_no_request_is_sent(roads: Any, settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    pairs = ways_in(3)
    assert asked(pairs) == ({}, {*pairs})
    assert not roads.calls


@pytest.mark.django_db(transaction=True)
def test_fifty_at_once_do_not_pass_the_budget(roads: Providers, settings: Settings) -> None:
    settings.TRAVEL_BUDGETS = {**settings.TRAVEL_BUDGETS, "google_routes": 100}
    ProviderDay.objects.all().delete()  # the threads of an earlier test that failed may have committed some
    allowed = []

    def spend() -> None:
        try:
            allowed.append(budget.spend("google_routes", 7))
        finally:
            connection.close()

    threads = [threading.Thread(target=spend) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(allowed) == 14
    assert ProviderDay.objects.get().spent == 98
