"""OpenRouteService Matrix API v2: free for 500 requests a day, or self-hosted."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext

from recommendations.travel.matrix import MISSING, NO_ROAD, Answer, Matrix, Refusal, answer
from recommendations.travel.provider_api import ask
from smartscheduler.core.outbound.json_api import reject, status_text
from smartscheduler.core.outbound.provider_errors import BadItem, Nonsense
from smartscheduler.places import Point

PATH = "/v2/matrix/driving-car"
# Error codes of "Could not find routable point within a radius of …"
NO_ROAD_NEAR = {6010, 2010}


class OpenRouteService:
    """Longitude before latitude; two tables, meters and seconds, with null where there is no road. No traffic data."""

    name = "openrouteservice"
    most_elements, most_a_side = 3500, 3500

    def cost(self, elements: int) -> int:
        return 1

    def matrix(self, origins: Sequence[Point], destinations: Sequence[Point], depart_at: datetime) -> Matrix:
        places = [*origins, *destinations]
        body = {
            "locations": [[point.longitude, point.latitude] for point in places],
            "sources": [*range(len(origins))],
            "destinations": [*range(len(origins), len(places))],
            "metrics": ["distance", "duration"],
            "units": "m",
        }
        headers = {"Authorization": settings.TRAVEL_KEYS[self.name]}
        status, tables = ask(self.name, "POST", PATH, headers=headers, json=body)
        code = _code(tables)
        reason = gettext("code {code}").format(code=code) if code else ""
        if code in NO_ROAD_NEAR:
            raise BadItem(status_text(status, reason))
        reject(status, reason)
        meters, seconds = (_table(tables, name) for name in ("distances", "durations"))
        return [
            [
                self._answer(origin, destination, _at(meters, row, column), _at(seconds, row, column))
                for column, destination in enumerate(destinations)
            ]
            for row, origin in enumerate(origins)
        ]

    def _answer(self, origin: Point, destination: Point, meters: Any, seconds: Any) -> Answer:
        if isinstance(meters, Refusal) or isinstance(seconds, Refusal):
            return MISSING
        if meters is None or seconds is None:
            return NO_ROAD
        return answer(self.name, origin, destination, meters, seconds)


def _code(body: Any) -> int:
    """The number of an error; 0 if there is none, as in errors of the gateway."""
    error = body.get("error") if isinstance(body, dict) else None
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, int) else 0


def _table(body: Any, name: str) -> list[Any]:
    table = body.get(name) if isinstance(body, dict) else None
    if not isinstance(table, list) or not all(isinstance(row, list) for row in table):
        raise Nonsense(gettext("The response has no table of {name}.").format(name=name))
    return table


def _at(table: list[Any], row: int, column: int) -> Any:
    return table[row][column] if row < len(table) and column < len(table[row]) else MISSING
