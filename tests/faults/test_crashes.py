"""Killed servers and processes during bookings: acknowledged changes exist exactly once."""

import random
import time

from tests.faults.bookers import booked, booking
from tests.faults.crowd import Client, crowd, listening
from tests.faults.invariants import check
from tests.faults.stack import AT_LENGTH, Stack
from tests.products import free_port, wait_until

pytestmark = AT_LENGTH
POSTGRESQL_KILLS, WEB_KILLS = 5, 20


def test_postgresql_is_killed_under_bookings(product: Stack) -> None:
    product.office()
    port = product.web()
    product.relay()
    with crowd(port, product.cookie, 4) as listeners:
        with booking(f"http://127.0.0.1:{port}", count=3) as crew:
            for _ in range(POSTGRESQL_KILLS):
                before = booked(crew)
                wait_until(lambda before=before: booked(crew) >= before + 10)
                product.kill_postgresql()
            before = booked(crew)
            wait_until(lambda: booked(crew) >= before + 10)
        check(product, crowd=listeners, crew=crew)


def test_postgresql_is_away_for_longer_than_all_time_outs(product: Stack) -> None:
    product.office()
    port = product.web()
    product.relay()
    with booking(f"http://127.0.0.1:{port}") as crew:
        wait_until(lambda: booked(crew) >= 5)
        product.postgresql.stop()
        time.sleep(30)
        product.postgresql.start()
        began, before = time.monotonic(), booked(crew)
        wait_until(lambda: booked(crew) > before)
        # The pause between attempts does not grow with the length of the outage.
        assert time.monotonic() - began < 15
    check(product, crew=crew)


def test_webs_are_killed_with_requests_in_hand(product: Stack) -> None:
    product.office()
    product.relay()
    ports = [free_port(), free_port()]
    webs = {port: product.web_at(port) for port in ports}
    bases = [f"http://127.0.0.1:{port}" for port in ports]
    clients = [Client(port, product.cookie) for port in ports * 2]
    with listening(clients) as listeners:
        with booking(*bases, count=4, pause=0.0) as crew:
            for _ in range(WEB_KILLS):
                before = booked(crew)
                wait_until(lambda before=before: booked(crew) >= before + 3)
                port = random.choice(ports)
                product.kill(webs[port])
                webs[port] = product.web_at(port)
            before = booked(crew)
            wait_until(lambda: booked(crew) >= before + 5)
        check(product, crowd=listeners, crew=crew)
