"""Refresh requests of rankings that were shown with straight lines, and counts of shown sources."""

from uuid import UUID

from recommendations.refresh_requests import RefreshRequests
from smartscheduler.travel.routes import ROAD, STRAIGHT_LINE

refresh_requests = RefreshRequests("travel", STRAIGHT_LINE)


def pop_refresh_requests() -> set[UUID]:
    """Remove and return the jobs whose rankings were shown with straight lines. Raises RedisError."""
    return refresh_requests.pop()


def uses() -> dict[str, int]:
    """The number of distances shown by road and by straight line. Raises RedisError."""
    return {ROAD: 0, STRAIGHT_LINE: 0} | refresh_requests.uses()
