"""Servers for all fault tests of a module, and a new product for each test."""

from collections.abc import Iterator

import pytest

from tests.faults.stack import Stack, stack


@pytest.fixture(scope="module")
def servers() -> Iterator[Stack]:
    with stack(RATE_LIMITS="0") as running:
        yield running


@pytest.fixture
def product(servers: Stack) -> Iterator[Stack]:
    yield servers
    servers.clear()
