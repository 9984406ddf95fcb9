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
    body = json.loads(asked.body)
    origins, destinations = ([_lat_lng(waypoint) for waypoint in body[name]] for name in ("origins", "destinations"))
    most = 100 if body.get("routingPreference") == "TRAFFIC_AWARE_OPTIMAL" else 625
    if not 0 < len(origins) * len(destinations) <= most:
        text = f"The number of elements must be at most {most}."
        return Answered(400, {"error": {"code": 400, "message": text, "status": "INVALID_ARGUMENT"}})
    aware = body.get("routingPreference", "").startswith("TRAFFIC_AWARE")
    elements = [
        {
            "originIndex": row,
            "destinationIndex": column,
            "status": {},
            "condition": "ROUTE_EXISTS",
            "distanceMeters": drive.meters,
            "duration": f"{drive.slow_seconds if aware else drive.seconds}s",
            "staticDuration": f"{drive.seconds}s",
        }
        for row, drives in enumerate(table(origins, destinations))
        for column, drive in enumerate(drives)
    ]
    return Answered(200, elements[::-1])  # in a different order than requested, like the real provider


def _lat_lng(waypoint: dict[str, Any]) -> Point:
    place = waypoint["waypoint"]["location"]["latLng"]
    return Point(place["latitude"], place["longitude"])


def google_matrix(asked: Asked) -> Answered:
    parameters = {name: values[0] for name, values in parse_qs(urlsplit(asked.path).query).items()}
    if not parameters.get("key"):
        text = "You must use an API key to authenticate each request."
        return Answered(200, {"status": "REQUEST_DENIED", "error_message": text, "rows": []})
    origins, destinations = (_places(parameters[name]) for name in ("origins", "destinations"))
    if len(origins) > 25 or len(destinations) > 25 or len(origins) * len(destinations) > 100:
        return Answered(200, {"status": "MAX_ELEMENTS_EXCEEDED", "rows": []})
    rows = [{"elements": [_element(drive, parameters) for drive in drives]} for drives in table(origins, destinations)]
    return Answered(200, {"status": "OK", "rows": rows})


def _places(text: str) -> list[Point]:
    return [Point(*map(float, place.split(","))) for place in text.split("|")]


def _element(drive: Drive, parameters: dict[str, str]) -> dict[str, Any]:
    element: dict[str, Any] = {
        "status": "OK",
        "distance": {"value": drive.meters, "text": f"{drive.meters / 1000:.1f} km"},
        "duration": {"value": drive.seconds, "text": f"{drive.seconds // 60} mins"},
    }
    if "departure_time" in parameters:
        element["duration_in_traffic"] = {"value": drive.slow_seconds, "text": f"{drive.slow_seconds // 60} mins"}
    return element


def openrouteservice(asked: Asked) -> Answered:
    if not asked.headers.get("authorization"):
        return Answered(403, {"error": "Access to this API has been disallowed"})
    body = json.loads(asked.body)
    places = [Point(latitude, longitude) for longitude, latitude in body["locations"]]
    origins, destinations = ([places[n] for n in body[name]] for name in ("sources", "destinations"))
    if len(origins) * len(destinations) > 3500:
        text = "Search exceeds the limit of allowed routes."
        return Answered(400, {"error": {"code": 6004, "message": text}})
    drives = table(origins, destinations)
    meters = 1609.344 if body.get("units") == "mi" else 1000.0 if body.get("units") == "km" else 1.0
    return Answered(
        200,
        {
            "distances": [[round(drive.meters / meters, 2) for drive in row] for row in drives],
            "durations": [[float(drive.seconds) for drive in row] for row in drives],
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
            answer = answered(asked)
        except (KeyError, ValueError, TypeError, IndexError) as error:
            answer = Answered(400, {"error": {"code": 400, "message": repr(error), "status": "INVALID_ARGUMENT"}})
        handler.send(answer.status, json.dumps(answer.payload).encode())
