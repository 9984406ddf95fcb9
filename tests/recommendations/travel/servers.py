"""The three road distance providers as local servers with configurable failures."""

import json
import socket
import struct
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from smartscheduler.ops.demo.fake_road_provider import RoadServer, answered
from smartscheduler.ops.demo.fake_server import Asked, Handler

PATHS = {
    "google_routes": "/distanceMatrix/v2:computeRouteMatrix",
    "google_matrix": "/maps/api/distancematrix/json",
    "openrouteservice": "/v2/matrix/driving-car",
}


# Reactions that end with the client's time limit. Other reactions must not: a slow machine could exceed a short limit.
WITHOUT_RESPONSE = {"slow", "dripping"}
SHORT_SECONDS = 1.0


class Providers(RoadServer):
    """`behavior` sets the reaction of each provider: a method below, or a list with one method per request."""

    def __init__(self) -> None:
        super().__init__()
        self.behavior: dict[str, str | list[str]] = {}
        self.calls: Counter[str] = Counter()
        self.requests: list[tuple[str, Asked]] = []
        self.elements: Counter[tuple[str, str]] = Counter()
        self.go_on = threading.Event()
        self._lock = threading.Lock()

    def respond(self, handler: Handler, asked: Asked) -> None:
        name = next(name for name, path in PATHS.items() if asked.path.startswith(path))
        with self._lock:
            self.calls[name] += 1
            self.requests.append((name, asked))
            behavior = self.behavior.get(name, "normal")
            if isinstance(behavior, list):
                behavior = behavior.pop(0) if behavior else "normal"
        getattr(self, behavior)(handler, asked)

    # --- reactions --------------------------------------------------------------------------
    def normal(self, handler: Handler, asked: Asked) -> None:
        super().respond(handler, asked)

    def slow(self, handler: Handler, asked: Asked) -> None:
        """Nothing until the test says so, or the client has gone."""
        self.go_on.wait(30)
        self._close(handler)

    def dripping(self, handler: Handler, asked: Asked) -> None:
        """A byte now and then, which no time-out of reading ever ends."""
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        try:
            for _ in range(1000):
                handler.wfile.write(b" ")
                handler.wfile.flush()
                if self.go_on.wait(0.05):
                    return
        except OSError:
            return

    def busy(self, handler: Handler, asked: Asked) -> None:
        handler.send(429, b'{"error": {"code": 429, "status": "RESOURCE_EXHAUSTED"}}', Retry_After="0.2")

    def busy_for_a_second(self, handler: Handler, asked: Asked) -> None:
        handler.send(429, b"{}", Retry_After="1")

    def busy_for_an_hour(self, handler: Handler, asked: Asked) -> None:
        handler.send(429, b"{}", Retry_After="3600")

    def broken(self, handler: Handler, asked: Asked) -> None:
        handler.send(500, b"<html>Oops</html>")

    def denied(self, handler: Handler, asked: Asked) -> None:
        text = {"error": {"code": 403, "message": "The key SECRET is not valid.", "status": "PERMISSION_DENIED"}}
        handler.send(403, json.dumps(text).encode())

    def malformed(self, handler: Handler, asked: Asked) -> None:
        handler.send(200, b'{"rows": [{"elements": ')

    def truncated(self, handler: Handler, asked: Asked) -> None:
        """Half of what was announced."""
        body = json.dumps(answered(asked).payload).encode()
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body[: len(body) // 2])
        self._close(handler)

    def reset(self, handler: Handler, asked: Asked) -> None:
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._close(handler)

    def kilometers(self, handler: Handler, asked: Asked) -> None:
        """Distances a thousandth of what they should be."""
        self._changed(handler, asked, lambda meters, seconds: (meters / 1000, seconds))

    def milliseconds(self, handler: Handler, asked: Asked) -> None:
        self._changed(handler, asked, lambda meters, seconds: (meters, seconds * 1000))

    def minutes(self, handler: Handler, asked: Asked) -> None:
        self._changed(handler, asked, lambda meters, seconds: (meters, seconds / 60))

    def negative(self, handler: Handler, asked: Asked) -> None:
        self._changed(handler, asked, lambda meters, seconds: (-meters, seconds))

    def words(self, handler: Handler, asked: Asked) -> None:
        self._changed(handler, asked, lambda meters, seconds: ("far", seconds))

    def partial(self, handler: Handler, asked: Asked) -> None:
        """Every other element has no road, and the first makes no sense."""
        handler.send(200, json.dumps(spoiled(asked, answered(asked).payload)).encode())

    def unroutable(self, handler: Handler, asked: Asked) -> None:
        """One place spoils the whole request, as OpenRouteService says it."""
        places = json.loads(asked.body)["locations"]
        if self.bad_place in [tuple(place) for place in places]:
            handler.send(404, b'{"error": {"code": 6010, "message": "Could not find routable point"}}')
        else:
            super().respond(handler, asked)

    bad_place: tuple[float, float] = (0.0, 0.0)

    def _changed(self, handler: Handler, asked: Asked, change: Any) -> None:
        payload = answered(asked).payload
        change_all(payload, change)
        handler.send(200, json.dumps(payload).encode())

    def _close(self, handler: Handler) -> None:
        handler.close_connection = True
        handler.connection.close()


def change_all(payload: Any, change: Any) -> None:
    """Every distance and duration of an answer, whichever format it is in."""
    if isinstance(payload, list):
        for element in payload:
            meters, seconds = change(element["distanceMeters"], float(element["duration"][:-1]))
            element |= {"distanceMeters": meters, "duration": f"{seconds:f}s", "staticDuration": f"{seconds:f}s"}
    elif "rows" in payload:
        for row in payload["rows"]:
            for element in row["elements"]:
                values = element["distance"]["value"], element["duration"]["value"]
                element["distance"]["value"], element["duration"]["value"] = change(*values)
    else:
        for distances, durations in zip(payload["distances"], payload["durations"], strict=True):
            for number, values in enumerate(zip(distances[:], durations[:], strict=True)):
                distances[number], durations[number] = change(*values)


def spoiled(asked: Asked, payload: Any) -> Any:
    """The answer with every other element without a road, and nonsense in the first."""
    if isinstance(payload, list):
        for number, element in enumerate(payload):
            if number % 2:
                payload[number] = {
                    "originIndex": element["originIndex"],
                    "destinationIndex": element["destinationIndex"],
                    "status": {},
                    "condition": "ROUTE_NOT_FOUND",
                }
        payload[0]["distanceMeters"] = -5
    elif "rows" in payload:
        elements = [element for row in payload["rows"] for element in row["elements"]]
        for element in elements[1::2]:
            element.clear()
            element["status"] = "ZERO_RESULTS"
        elements[0]["distance"]["value"] = -5
    else:
        cells = [(row, n) for row, distances in enumerate(payload["distances"]) for n in range(len(distances))]
        for row, n in cells[1::2]:
            payload["distances"][row][n] = payload["durations"][row][n] = None
        payload["distances"][0][0] = -5.0
    return payload


@contextmanager
def providers() -> Iterator[Providers]:
    with Providers() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.go_on.set()
            server.shutdown()
