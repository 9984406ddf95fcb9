"""Real Celery workers with failing providers: the final ranking is always correct."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from jobs.models import Job
from recommendations import tasks
from recommendations.models import Lookup
from recommendations.travel import lookup_queue
from smartscheduler.events.models import OutboxEvent
from tests.events.processes import wait_until
from tests.factories import AssignmentFactory, ContractorFactory, JobFactory, at
from tests.recommendations.travel.places import base
from tests.recommendations.travel.servers import Providers
from tests.recommendations.travel.workers import check_ranking, worker

pytestmark = [pytest.mark.system, pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("travel-workers")]


@pytest.fixture(scope="module")
def at_work(servers: Providers, django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """One worker for the stories of this module."""
    with django_db_blocker.unblock(), worker(servers.url):
        yield


def world() -> Job:
    people = [
        ContractorFactory(
            latitude=Decimal(str(base(n).latitude)),
            longitude=Decimal(str(base(n).longitude)),
            rating=Decimal(n % 5),
        )
        for n in range(30)
    ]
    for person in people[:10]:
        site = JobFactory(status="assigned", latitude=Decimal("30.4000"))
        AssignmentFactory(contractor=person, job=site, start=at(9, days=2))
    return JobFactory(duration=timedelta(hours=1))


def look_up(job: Job) -> Lookup:
    lookup_queue.want([job.pk], urgent=True)
    tasks.look_up_roads.delay()
    wait_until(lambda: Lookup.objects.get().state in {"done", "late"})
    return Lookup.objects.get()


@pytest.mark.usefixtures("at_work")
@pytest.mark.parametrize(
    ("behavior", "sources"),
    [
        ("normal", {"google_routes"}),
        ("slow", {"openrouteservice"}),
        ("dripping", {"openrouteservice"}),
        ("busy_for_a_second", {"openrouteservice"}),
        ("broken", {"openrouteservice"}),
        ("malformed", {"openrouteservice"}),
        ("truncated", {"openrouteservice"}),
        ("kilometers", {"openrouteservice"}),
        ("partial", {"google_routes", "openrouteservice"}),
        ("reset", {"openrouteservice"}),
        ("denied", {"openrouteservice"}),
    ],
)
def test_whatever_google_does_the_ranking_is_right(roads: Providers, behavior: str, sources: set[str]) -> None:
    roads.behavior["google_routes"] = behavior
    job = world()
    assert look_up(job).state == "done"
    assert check_ranking(job) == sources
    assert OutboxEvent.objects.filter(type="RecommendationsUpdated", data__job_id=str(job.pk)).count() == 1


@pytest.mark.usefixtures("at_work")
@pytest.mark.parametrize("behavior", ["broken", "reset", "kilometers", "denied"])
def test_when_all_fail_the_straight_line_serves(roads: Providers, behavior: str) -> None:
    roads.behavior |= {"google_routes": behavior, "openrouteservice": behavior}
    job = world()
    late = look_up(job)
    assert late.state == "late"
    assert late.due_at > timezone.now()
    assert check_ranking(job) == {"straight_line"}
    assert not OutboxEvent.objects.filter(type="RecommendationsUpdated").exists()
