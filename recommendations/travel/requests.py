"""Rankings that were shown with straight lines, and how many had roads."""

from uuid import UUID

from recommendations.refresh_requests import RefreshRequests
from smartscheduler.travel.routes import ROAD, STRAIGHT_LINE

refresh_requests = RefreshRequests("travel", STRAIGHT_LINE)


def pop_refresh_requests() -> set[UUID]:
    """The jobs that rankings with straight lines were shown for, each once. Raises RedisError."""
    return refresh_requests.pop()


def uses() -> dict[str, int]:
    """How many drives were shown by road, and how many by the straight line. Raises RedisError."""
    return {ROAD: 0, STRAIGHT_LINE: 0} | refresh_requests.uses()
