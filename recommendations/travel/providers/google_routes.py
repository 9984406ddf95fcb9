"""Google Routes API, computeRouteMatrix: the current API for new projects of Google Cloud."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext

from recommendations.travel.matrix import NO_ROAD, Answer, Matrix, Refusal, answer, empty
from recommendations.travel.provider_api import ask
from smartscheduler.core.outbound.json_api import reject
from smartscheduler.core.outbound.provider_errors import Nonsense
from smartscheduler.places import Point

PATH = "/distanceMatrix/v2:computeRouteMatrix"
FIELDS = "originIndex,destinationIndex,status,condition,distanceMeters,duration,staticDuration"
NOT_FOUND = 5  # google.rpc.Code


class GoogleRoutes:
    """Meters, durations as text (`"160s"`), elements in any order. Requests with traffic have a lower limit."""

    name = "google_routes"

    @property
    def most_elements(self) -> int:
        return 100 if settings.TRAVEL_TRAFFIC else 625

    most_a_side = 625

    def cost(self, elements: int) -> int:
        return elements

    def matrix(self, origins: Sequence[Point], destinations: Sequence[Point], depart_at: datetime) -> Matrix:
        headers = {"X-Goog-Api-Key": settings.TRAVEL_KEYS[self.name], "X-Goog-FieldMask": FIELDS}
        body = {
            "origins": [_waypoint(point) for point in origins],
            "destinations": [_waypoint(point) for point in destinations],
            "travelMode": "DRIVE",
            **_traffic(depart_at),
        }
        status, elements = ask(self.name, "POST", PATH, headers=headers, json=body)
        reject(status, _reason(elements))
        if not isinstance(elements, list):
            raise Nonsense(gettext("The response is not a list of elements."))
        return self._matrix(elements, origins, destinations)

    def _matrix(self, elements: list[Any], origins: Sequence[Point], destinations: Sequence[Point]) -> Matrix:
        matrix = empty(origins, destinations)
        for element in elements:
            if not isinstance(element, dict):
                raise Nonsense(gettext("An element is not an object."))
            # The API omits fields whose value is zero.
            row, column = element.get("originIndex", 0), element.get("destinationIndex", 0)
            if not (_is_index(row, origins) and _is_index(column, destinations)):
                raise Nonsense(gettext("An element has an invalid index."))
            matrix[row][column] = self._answer(element, origins[row], destinations[column])
        return matrix

    def _answer(self, element: dict[str, Any], origin: Point, destination: Point) -> Answer:
        code = (element.get("status") or {}).get("code", 0)
        if code == NOT_FOUND or element.get("condition") == "ROUTE_NOT_FOUND":
            return NO_ROAD
        if code:
            return Refusal(f"status_{code}")
        if element.get("condition") != "ROUTE_EXISTS":
            return Refusal("no_condition")
        driven, static = _seconds(element.get("duration")), _seconds(element.get("staticDuration"))
        meters = element.get("distanceMeters", 0)
        if settings.TRAVEL_TRAFFIC:
            return answer(self.name, origin, destination, meters, static if static is not None else driven, driven)
        return answer(self.name, origin, destination, meters, driven)


def _waypoint(point: Point) -> dict[str, Any]:
    place = {"latitude": point.latitude, "longitude": point.longitude}
    return {"waypoint": {"location": {"latLng": place}}}


def _traffic(depart_at: datetime) -> dict[str, str]:
    if not settings.TRAVEL_TRAFFIC:
        return {"routingPreference": "TRAFFIC_UNAWARE"}
    # The API rejects a departure in the past.
    departure = max(depart_at, timezone.now() + timedelta(minutes=1)).astimezone(UTC)
    return {
        "routingPreference": "TRAFFIC_AWARE_OPTIMAL",
        "trafficModel": "PESSIMISTIC",
        "departureTime": f"{departure:%Y-%m-%dT%H:%M:%SZ}",
    }


def _is_index(value: Any, of: Sequence[Point]) -> bool:
    return isinstance(value, int) and 0 <= value < len(of)


def _seconds(text: Any) -> float | None:
    """`"160s"` and `"3.5s"` as seconds; None for anything else."""
    if not isinstance(text, str) or not text.endswith("s"):
        return None
    try:
        return float(text[:-1])
    except ValueError:
        return None


def _reason(body: Any) -> str:
    """The error status, such as `PERMISSION_DENIED`; a streamed response has its error inside a list."""
    if isinstance(body, list) and body:
        body = body[0]
    error = body.get("error") if isinstance(body, dict) else None
    return str(error.get("status", ""))[:40] if isinstance(error, dict) else ""
