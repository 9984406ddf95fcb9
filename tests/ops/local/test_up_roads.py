"""`make run TRAVEL_DEMO=1`: road distances from the fake provider."""

import urllib.request

import pytest

from tests.products import free_port, product, wait_until

PEOPLE = """
from tests.factories import ContractorFactory, JobFactory
from tests.recommendations.travel.places import base
from recommendations.travel.lookup_queue import want
for number in range(5):
    place = base(number)
    ContractorFactory(latitude=str(place.latitude), longitude=str(place.longitude))
want([JobFactory().pk], urgent=True)
"""


@pytest.mark.system
def test_the_stand_in_is_started_asked_and_stopped() -> None:
    port = free_port()
    with product(TRAVEL_DEMO="1", TRAVEL_DEMO_PORT=str(port)) as local:
        local.up()
        assert len(local.children()) == 6  # web, relay, three workers, stand-in
        made = local.manage("shell", "--no-imports", "-c", PEOPLE)
        assert made.returncode == 0, made.stderr
        wait_until(lambda: local.rows("travel_travelestimate") == 5)
        assert local.stop() == 0
        assert not local.processes()
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=2)
        except OSError:
            return
        raise AssertionError("The stand-in still runs.")
