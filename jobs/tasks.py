"""Background tasks of jobs."""

import time

from celery import shared_task

from jobs.geocoded_sites import locate_next

# Limit for one run, so that a worker can shut down. The next run continues.
LONGEST_SECONDS = 30.0


@shared_task(name="jobs.locate_sites", ignore_result=True)
def locate_sites() -> None:
    """Look up the addresses of new jobs; runs every few seconds if a geocoder is configured."""
    until = time.monotonic() + LONGEST_SECONDS
    while locate_next() and time.monotonic() < until:
        pass
