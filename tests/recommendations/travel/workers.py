"""A Celery worker for provider tests."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from subprocess import Popen
from typing import Any

import pytest
from django.utils import timezone

from jobs.models import Job
from jobs.requirements import JobRequest
from recommendations.ranking import rank_candidates
from smartscheduler import BASE_DIR
from smartscheduler.ops.demo.fake_road_provider import drive
from smartscheduler.ops.local import process_specs
from smartscheduler.rules.current import current_rules
from tests.events.processes import environment, stop
from tests.recommendations import oracle

LEASE_SECONDS = 2


@contextmanager
def worker(url: str, **changes: str) -> Iterator[Popen[bytes]]:
    """A Celery worker for these providers, in a process group of its own."""
    variables = {
        "TRAVEL_PROVIDERS": "google_routes,openrouteservice",
        "GOOGLE_MAPS_API_KEY": "SECRET",
        "OPENROUTESERVICE_API_KEY": "SECRET",
        "GOOGLE_ROUTES_URL": url,
        "GOOGLE_MATRIX_URL": url,
        "OPENROUTESERVICE_URL": url,
        "OUTGOING_PRIVATE_NETWORKS": "127.0.0.0/8",
        "TRAVEL_TIMEOUT_SECONDS": "1",
        "TRAVEL_LEASE_SECONDS": str(LEASE_SECONDS),
        **changes,
    }
    process = subprocess.Popen(
        [sys.executable, *process_specs.WORKER], cwd=BASE_DIR, env=environment(**variables), start_new_session=True
    )
    try:
        yield process
    finally:
        stop(process)


def check_ranking(job: Job) -> set[Any]:
    """Check that the ranking equals a full scan with the known road distances."""
    ranking = rank_candidates(JobRequest.of(job), current_rules(), max_results=50)
    expected = oracle.rank(job, timezone.now(), 10)
    assert [(entry.contractor.pk, entry.score) for entry in ranking.entries] == [
        (entry.contractor.pk, entry.score) for entry in expected[:50]
    ]
    for entry in ranking.entries:
        if entry.source == "road":
            meters = drive(entry.contractor.point, job.point).meters
            assert entry.miles == pytest.approx(meters / 1609.344, abs=0.01)
    return {entry.route.provider or entry.source for entry in ranking.entries}
