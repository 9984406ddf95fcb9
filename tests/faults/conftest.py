"""Servers for all faults of a module, and a product that has seen nothing yet for each of them."""

from collections.abc import Iterator

import pytest

from tests.faults.stack import Stack, stack


@pytest.fixture(scope="module")
def servers() -> Iterator[Stack]:
    with stack(RATE_LIMITS="0") as one:
        yield one


@pytest.fixture
def product(servers: Stack) -> Iterator[Stack]:
    yield servers
    servers.clear()
