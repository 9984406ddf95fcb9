"""Metrics are summed over all processes and have routes and codes as labels."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from assignments.services import assign_job, promise_window, withdraw_window
from customers.services import create_customer, merge_customers, update_customer
from jobs.requirements import JobRequest
from recommendations.ranking import rank_candidates
from smartscheduler.accounts.permissions import Role
from smartscheduler.core.observability.metrics import aggregator
from smartscheduler.core.observability.metrics.celery_queue import queues
from smartscheduler.core.observability.metrics.definitions import REQUESTS
from smartscheduler.core.redis import valkey
from smartscheduler.errors import InvalidInput, InvalidTransition, JobNotOpen, OtherWindowPromised
from smartscheduler.events.tasks import prune_events
from smartscheduler.rules.current import current_rules
from smartscheduler.timeslots import TimeSlot
from tests.api import NOBODY, V1, client_as
from tests.events.processes import environment, free_port
from tests.factories import ContractorFactory, JobFactory, at

pytestmark = pytest.mark.django_db
Samples = dict[tuple[str, ...], float]


@pytest.fixture(autouse=True)
def from_nothing() -> None:
    aggregator.flush()
    valkey().delete(aggregator._key())


def counted() -> Samples:
    """Every sample of the metrics: its name and the values of its labels, in the order of the labels' names."""
    answer = client_as(Role.ADMINISTRATOR).get(f"{V1}/metrics")
    assert answer.status_code == 200
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
    }


class TestRequests:
    def test_are_counted_by_route_and_status(self) -> None:
        client, job = client_as(), JobFactory()
        for pk in (job.pk, job.pk, NOBODY):
            client.get(f"{V1}/jobs/{pk}/")
        counts = counted()
        route = "/api/v1/jobs/<uuid:pk>/"
        assert counts["smartscheduler_http_requests_total", "GET", route, "200"] == 2
        assert counts["smartscheduler_http_requests_total", "GET", route, "404"] == 1
        assert counts["smartscheduler_http_request_seconds_count", "GET", route] == 3
        assert counts["smartscheduler_http_request_seconds_bucket", "+Inf", "GET", route] == 3
        assert counts["smartscheduler_http_request_seconds_sum", "GET", route] > 0

    def test_nothing_of_the_address_becomes_a_label(self, client: Client) -> None:
        for path in ("/nowhere/jane@example.com", "/static/x.css", f"{V1}/nothing/jane"):
            client.get(path)
        client.generic("BREW", "/nowhere")
        counts = {name for name in counted() if name[0] == "smartscheduler_http_requests_total"}
        assert not [name for name in counts if "jane" in "".join(name)]
        assert {name[1] for name in counts} <= {"GET", "other"}

    def test_waiting_for_news_is_not_slowness(self, settings: Settings) -> None:
        settings.EVENT_LONGEST_WAIT_SECONDS = 1
        client_as().get(f"{V1}/events/?after=0&wait=1")
        assert counted()["smartscheduler_http_request_seconds_sum", "GET", "/api/v1/events/"] < 0.9


def test_rankings_are_timed_and_their_calendars_counted() -> None:
    ContractorFactory.create_batch(3)
    rank_candidates(JobRequest.of(JobFactory()), current_rules())
    counts = counted()
    assert counts["smartscheduler_ranking_seconds_count", "one"] == 1
    assert counts["smartscheduler_ranking_calendars_count",] == 1
    assert counts["smartscheduler_ranking_calendars_sum",] == 3
    assert counts["smartscheduler_ranking_calendars_bucket", "16.0"] == 1


def test_bookings_are_counted_by_what_came_of_them() -> None:
    job, contractor = JobFactory(), ContractorFactory()
    booking: dict[str, Any] = {"job_id": job.pk, "contractor_id": contractor.pk, "start": at(9, days=2), "actor": None}
    assign_job(**booking)
    with pytest.raises(JobNotOpen):
        assign_job(**booking)
    counts = counted()
    assert counts["smartscheduler_bookings_total", "assign", "done"] == 1
    assert counts["smartscheduler_bookings_total", "assign", "job-not-open"] == 1


def test_customers_and_promises_are_counted_by_outcome() -> None:
    kept, other = (create_customer(actor=None, name=name) for name in ("Grace Hill", "Grace Hil"))
    with pytest.raises(InvalidInput):
        create_customer(actor=None)
    merge_customers(customer_id=kept.pk, other_id=other.pk, actor=None)
    with pytest.raises(InvalidTransition):
        update_customer(customer_id=other.pk, actor=None, name="Ann")
    job, window = JobFactory(), TimeSlot(at(8, days=2), at(10, days=2))
    promise_window(job_id=job.pk, window=window, actor=None)
    with pytest.raises(OtherWindowPromised):
        promise_window(job_id=job.pk, window=TimeSlot(at(9, days=2), at(11, days=2)), actor=None)
    withdraw_window(job_id=job.pk, actor=None)
    counts = counted()
    changes = "smartscheduler_customer_changes_total"
    assert (counts[changes, "create", "done"], counts[changes, "merge", "done"]) == (2, 1)
    assert counts[changes, "create", "invalid-input"] == counts[changes, "change", "invalid-transition"] == 1
    windows = "smartscheduler_arrival_windows_total"
    assert [counts[windows, "promise", outcome] for outcome in ("done", "window-promised")] == [1, 1]
    assert counts[windows, "withdraw", "done"] == 1
    # JobFactory gives the job a customer's name and no record.
    assert (counts["smartscheduler_customers", "current"], counts["smartscheduler_customers", "merged"]) == (1, 1)


class TestQueue:
    @pytest.fixture(autouse=True)
    def empty(self) -> Iterator[None]:
        valkey().delete("celery")
        yield
        valkey().delete("celery")

    def test_says_how_many_wait_and_how_long_the_first_has(self) -> None:
        with time_machine.travel(timezone.now() - timedelta(minutes=3)):
            prune_events.delay()
        prune_events.delay()
        queue = queues()["celery"]
        assert queue.waiting == 2
        assert 180 <= queue.oldest_seconds < 200
        assert counted()["smartscheduler_queue_waiting", "celery"] == 2

    def test_an_empty_one_has_no_age(self) -> None:
        assert queues()["celery"] == (0, 0.0)


@pytest.mark.system
class TestSums:
    def test_are_those_of_all_processes(self) -> None:
        count = (
            "import django; django.setup();"
            "from smartscheduler.core.observability.metrics.definitions import REQUESTS;"
            "REQUESTS.add('GET', '/x', '200')"
        )
        # Each hands over what it has counted when it ends.
        for process in [subprocess.Popen([sys.executable, "-c", count], env=environment()) for _ in range(2)]:
            assert process.wait(150) == 0
        REQUESTS.add("GET", "/x", "200")
        assert counted()["smartscheduler_http_requests_total", "GET", "/x", "200"] == 3

    def test_wait_for_a_valkey_that_is_away(self, settings: Settings) -> None:
        there, settings.REDIS_URL = settings.REDIS_URL, f"redis://127.0.0.1:{free_port()}/0"
        REQUESTS.add("GET", "/x", "200")
        aggregator.flush()
        answer = client_as(Role.ADMINISTRATOR).get(f"{V1}/metrics")
        assert answer.status_code == 200
        assert "smartscheduler_http_requests" not in answer.content.decode()
        settings.REDIS_URL = there
        REQUESTS.add("GET", "/x", "200")
        assert counted()["smartscheduler_http_requests_total", "GET", "/x", "200"] == 2
