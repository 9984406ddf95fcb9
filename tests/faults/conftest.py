"""Servers for all faults of a module, and a product that has seen nothing yet for each of them."""

import pytest

from tests.faults.stack import stack


@pytest.fixture(scope="module")
def servers():
    with stack(RATE_LIMITS="0") as one:
        yield one


@pytest.fixture
def product(servers):
    yield servers
    servers.clear()
