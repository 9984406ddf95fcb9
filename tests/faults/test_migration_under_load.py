"""A migration during bookings and a long read: it retries, and no request fails or waits."""

import threading
import time

import psycopg

from tests.faults.bookers import booked, booking
from tests.faults.invariants import check
from tests.faults.stack import AT_LENGTH, Stack
from tests.products import wait_until

pytestmark = AT_LENGTH
READING_SECONDS = 12.0
SETTINGS = {"DJANGO_SETTINGS_MODULE": "tests.faults.later_settings"}


def read_for_long(url: str, begun: threading.Event) -> None:
    """A report: its transaction keeps the table from being altered."""
    with psycopg.connect(url) as connection:
        connection.execute("SELECT count(*) FROM jobs_job")
        begun.set()
        time.sleep(READING_SECONDS)


def test_a_migration_gives_way(product: Stack) -> None:
    product.office()
    port = product.web()
    product.relay()
    begun = threading.Event()
    report = threading.Thread(target=read_for_long, args=(product.postgresql.url, begun))
    with booking(f"http://127.0.0.1:{port}", count=3) as crew:
        wait_until(lambda: booked(crew) >= 10)
        report.start()
        begun.wait(10)
        began = time.monotonic()
        migrated = product.product.manage("migrate", **SETTINGS)
        took = time.monotonic() - began
        before = booked(crew)
        wait_until(lambda: booked(crew) >= before + 10)
    report.join()
    try:
        assert migrated.returncode == 0, migrated.stderr
        assert "Trying again." in migrated.stdout
        assert product.rows("SELECT count(later_note) FROM jobs_job") == [(0,)]
        assert took > READING_SECONDS / 2
        # No request was rejected or waited for the report.
        assert set().union(*(booker.outcomes for booker in crew)) <= {200, 201, 409}
        assert max(booker.slowest for booker in crew) < READING_SECONDS / 2
        check(product, crew=crew)
    finally:
        product.product.manage("migrate", "later", "zero", **SETTINGS)
