"""Fake road distance providers for demos: plausible distances and times, always the same for the same points.

They implement the APIs of the three providers, so that the demo needs no API key (`make run TRAVEL_DEMO=1`).
"""

import json
import zlib
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from smartscheduler.ops.demo.fake_server import Answered, Asked, FakeServer, Handler
from smartscheduler.places import Point, great_circle_miles

METERS_A_MILE = 1609.344


class Drive(NamedTuple):
    meters: int
    seconds: int
    slow_seconds: int


def drive(origin: Point, destination: Point) -> Drive:
    """A drive of 1.1 to 1.5 times the straight line at 22 to 45 mph; 20 to 50 % longer in traffic."""
    chance = zlib.crc32(repr((origin, destination)).encode())
    crooked, pace, traffic = (chance >> shift & 255 for shift in (0, 8, 16))
    miles = great_circle_miles(origin, destination) * (1.1 + 0.4 * crooked / 255) + 0.1
    hours = miles / (22 + 23 * pace / 255)
    seconds = round(hours * 3600)
    return Drive(round(miles * METERS_A_MILE), seconds, round(seconds * (1.2 + 0.3 * traffic / 255)))


Table = list[list[Drive]]


def table(origins: list[Point], destinations: list[Point]) -> Table:
    return [[drive(origin, other) for other in destinations] for origin in origins]


def answered(asked: Asked) -> Answered:
    """The response of the provider that the request addresses."""
    for path, speak in SPEAKERS.items():
        if urlsplit(asked.path).path == path:
            return speak(asked)
    return Answered(404, {"error": "There is nothing at this address."})


def google_routes(asked: Asked) -> Answered:
    if not asked.headers.get("x-goog-api-key"):
        text = "The request is missing a valid API key."
        return Answered(403, {"error": {"code": 403, "message": text, "status": "PERMISSION_DENIED"}})
    given = json.loads(asked.body)
    origins, destinations = ([_lat_lng(one) for one in given[name]] for name in ("origins", "destinations"))
    most = 100 if given.get("routingPreference") == "TRAFFIC_AWARE_OPTIMAL" else 625
    if not 0 < len(origins) * len(destinations) <= most:
        text = f"The number of elements must be at most {most}."
        return Answered(400, {"error": {"code": 400, "message": text, "status": "INVALID_ARGUMENT"}})
    aware = given.get("routingPreference", "").startswith("TRAFFIC_AWARE")
    elements = [
        {
            "originIndex": row,
            "destinationIndex": column,
            "status": {},
            "condition": "ROUTE_EXISTS",
            "distanceMeters": one.meters,
            "duration": f"{one.slow_seconds if aware else one.seconds}s",
            "staticDuration": f"{one.seconds}s",
        }
        for row, drives in enumerate(table(origins, destinations))
        for column, one in enumerate(drives)
    ]
    return Answered(200, elements[::-1])  # in a different order than requested, like the real provider


def _lat_lng(waypoint: dict[str, Any]) -> Point:
    place = waypoint["waypoint"]["location"]["latLng"]
    return Point(place["latitude"], place["longitude"])


def google_matrix(asked: Asked) -> Answered:
    given = {name: values[0] for name, values in parse_qs(urlsplit(asked.path).query).items()}
    if not given.get("key"):
        text = "You must use an API key to authenticate each request."
        return Answered(200, {"status": "REQUEST_DENIED", "error_message": text, "rows": []})
    origins, destinations = (_places(given[name]) for name in ("origins", "destinations"))
    if len(origins) > 25 or len(destinations) > 25 or len(origins) * len(destinations) > 100:
        return Answered(200, {"status": "MAX_ELEMENTS_EXCEEDED", "rows": []})
    rows = [{"elements": [_element(one, given) for one in drives]} for drives in table(origins, destinations)]
    return Answered(200, {"status": "OK", "rows": rows})


def _places(text: str) -> list[Point]:
    return [Point(*map(float, place.split(","))) for place in text.split("|")]


def _element(one: Drive, given: dict[str, str]) -> dict[str, Any]:
    element: dict[str, Any] = {
        "status": "OK",
        "distance": {"value": one.meters, "text": f"{one.meters / 1000:.1f} km"},
        "duration": {"value": one.seconds, "text": f"{one.seconds // 60} mins"},
    }
    if "departure_time" in given:
        element["duration_in_traffic"] = {"value": one.slow_seconds, "text": f"{one.slow_seconds // 60} mins"}
    return element


def openrouteservice(asked: Asked) -> Answered:
    if not asked.headers.get("authorization"):
        return Answered(403, {"error": "Access to this API has been disallowed"})
    given = json.loads(asked.body)
    places = [Point(latitude, longitude) for longitude, latitude in given["locations"]]
    origins, destinations = ([places[n] for n in given[name]] for name in ("sources", "destinations"))
    if len(origins) * len(destinations) > 3500:
        text = "Search exceeds the limit of allowed routes."
        return Answered(400, {"error": {"code": 6004, "message": text}})
    found = table(origins, destinations)
    meters = 1609.344 if given.get("units") == "mi" else 1000.0 if given.get("units") == "km" else 1.0
    return Answered(
        200,
        {
            "distances": [[round(one.meters / meters, 2) for one in row] for row in found],
            "durations": [[float(one.seconds) for one in row] for row in found],
            "metadata": {"service": "matrix"},
        },
    )


SPEAKERS: dict[str, Callable[[Asked], Answered]] = {
    "/distanceMatrix/v2:computeRouteMatrix": google_routes,
    "/maps/api/distancematrix/json": google_matrix,
    "/v2/matrix/driving-car": openrouteservice,
}


class RoadServer(FakeServer):
    """HTTP server with the APIs of all road distance providers on one port."""

    def respond(self, handler: Handler, asked: Asked) -> None:
        try:
            found = answered(asked)
        except (KeyError, ValueError, TypeError, IndexError) as error:
            found = Answered(400, {"error": {"code": 400, "message": repr(error), "status": "INVALID_ARGUMENT"}})
        handler.send(found.status, json.dumps(found.payload).encode())
