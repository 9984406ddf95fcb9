"""Google Distance Matrix API (legacy): for projects that already use it; new projects cannot enable it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext

from recommendations.travel.matrix import MISSING, NO_ROAD, Answer, Matrix, Refusal, answer, empty
from recommendations.travel.provider_api import ask
from smartscheduler.core.outbound.json_api import reject
from smartscheduler.core.outbound.provider_errors import Nonsense, Rejected, TryAgain
from smartscheduler.places import Point

PATH = "/maps/api/distancematrix/json"
UNREACHABLE = {"ZERO_RESULTS", "NOT_FOUND", "MAX_ROUTE_LENGTH_EXCEEDED"}
WILL_PASS = {"OVER_QUERY_LIMIT", "UNKNOWN_ERROR"}


class GoogleMatrix:
    """Values are in meters and seconds whatever `units` says. Errors have HTTP status 200. The key is in the URL."""

    name = "google_matrix"
    most_elements, most_a_side = 100, 25

    def cost(self, elements: int) -> int:
        return elements

    def matrix(self, origins: Sequence[Point], destinations: Sequence[Point], depart_at: datetime) -> Matrix:
        parameters = {
            "origins": _places(origins),
            "destinations": _places(destinations),
            "mode": "driving",
            "units": "metric",
            **_traffic(depart_at),
            "key": settings.TRAVEL_KEYS[self.name],
        }
        status, body = ask(self.name, "GET", PATH, params=parameters)
        reject(status, "")
        if not isinstance(body, dict):
            raise Nonsense(gettext("The response is not an object."))
        _check(body.get("status"))
        return self._matrix(body.get("rows"), origins, destinations)

    def _matrix(self, rows: Any, origins: Sequence[Point], destinations: Sequence[Point]) -> Matrix:
        matrix = empty(origins, destinations)
        for number, row in enumerate(rows if isinstance(rows, list) else []):
            elements = row.get("elements") if isinstance(row, dict) else None
            if number >= len(origins) or not isinstance(elements, list) or len(elements) > len(destinations):
                raise Nonsense(gettext("The rows do not match the request."))
            for column, element in enumerate(elements):
                matrix[number][column] = self._answer(element, origins[number], destinations[column])
        return matrix

    def _answer(self, element: Any, origin: Point, destination: Point) -> Answer:
        if not isinstance(element, dict):
            return MISSING
        status = element.get("status")
        if status in UNREACHABLE:
            return NO_ROAD
        if status != "OK":
            return Refusal(f"status_{str(status)[:30]}")
        slow = _value(element, "duration_in_traffic") if "duration_in_traffic" in element else None
        return answer(self.name, origin, destination, _value(element, "distance"), _value(element, "duration"), slow)


def _places(points: Sequence[Point]) -> str:
    return "|".join(f"{point.latitude:.4f},{point.longitude:.4f}" for point in points)


def _traffic(depart_at: datetime) -> dict[str, str]:
    if not settings.TRAVEL_TRAFFIC:
        return {}
    departure = int(depart_at.timestamp()) if depart_at > timezone.now() else "now"
    return {"departure_time": str(departure), "traffic_model": "pessimistic"}


def _check(status: Any) -> None:
    if status == "OK":
        return
    message = gettext("Status {status}.").format(status=str(status)[:40])
    if status in WILL_PASS:
        raise TryAgain(message)
    raise Rejected(message)


def _value(element: dict[str, Any], name: str) -> Any:
    field = element.get(name)
    return field.get("value") if isinstance(field, dict) else None
