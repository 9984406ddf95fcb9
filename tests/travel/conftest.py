"""The local providers of the tests of lookups."""

from tests.recommendations.travel.conftest import roads, servers

__all__ = ["roads", "servers"]
