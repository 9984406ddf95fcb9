"""A worker that is killed during a look-up."""

import os
import signal
from decimal import Decimal

import pytest
from celery import current_app
from pytest_django import Settings

from recommendations import tasks
from recommendations.models import Lookup
from recommendations.travel import lookup_queue
from smartscheduler.events.models import OutboxEvent
from smartscheduler.travel.models import TravelEstimate
from tests.events.processes import wait_until
from tests.factories import ContractorFactory, JobFactory
from tests.recommendations.travel.places import base
from tests.recommendations.travel.servers import Providers
from tests.recommendations.travel.workers import LEASE_SECONDS, check_ranking, worker

pytestmark = [pytest.mark.system, pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("travel-killed")]


def test_a_worker_killed_in_the_middle_leaves_the_rest_to_the_next(roads: Providers, settings: Settings) -> None:
    """The legacy matrix takes 25 origins a call: the first two calls are answered, the third is not."""
    settings.TRAVEL_PROVIDERS = ["google_matrix"]
    settings.TRAVEL_LEASE_SECONDS = LEASE_SECONDS
    for n in range(70):
        ContractorFactory(latitude=Decimal(str(base(n).latitude)), longitude=Decimal(str(base(n).longitude)))
    settings.TRAVEL_LEADERS = 70
    job = JobFactory()
    roads.behavior["google_matrix"] = ["normal", "normal", "slow"]
    variables = {"TRAVEL_PROVIDERS": "google_matrix", "TRAVEL_LEADERS": "70"}
    with worker(roads.url, **variables, TRAVEL_TIMEOUT_SECONDS="30") as first:
        lookup_queue.want([job.pk], urgent=True)
        tasks.look_up_roads.delay()
        wait_until(lambda: roads.calls["google_matrix"] == 3)
        os.killpg(first.pid, signal.SIGKILL)
        first.wait()
    assert TravelEstimate.objects.count() == 50
    assert Lookup.objects.get().state == "running"
    roads.go_on.set()
    with worker(roads.url, **variables):

        def done() -> bool:
            if not current_app.control.inspect(timeout=0.2).active_queues():
                return False
            tasks.look_up_roads.delay()
            return Lookup.objects.get().state == "done"

        wait_until(done)
    assert TravelEstimate.objects.count() == 70
    assert roads.calls["google_matrix"] == 4
    assert OutboxEvent.objects.filter(type="RecommendationsUpdated", data__job_id=str(job.pk)).count() == 1
    assert check_ranking(job) == {"google_matrix"}
