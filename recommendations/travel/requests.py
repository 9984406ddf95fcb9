"""Rankings that were shown with straight lines, and how many had roads."""

from uuid import UUID

from recommendations.refresh_requests import Wishes
from smartscheduler.travel.routes import ROAD, STRAIGHT_LINE

wishes = Wishes("travel", STRAIGHT_LINE)


def take_wishes() -> set[UUID]:
    """The jobs that rankings with straight lines were shown for, each once. Raises RedisError."""
    return wishes.take()


def uses() -> dict[str, int]:
    """How many drives were shown by road, and how many by the straight line. Raises RedisError."""
    return {ROAD: 0, STRAIGHT_LINE: 0} | wishes.uses()
