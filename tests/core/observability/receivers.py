"""Local servers that receive traces and error reports."""

import gzip
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


class Receiver(ThreadingHTTPServer):
    """Takes whatever is posted, and keeps it unpacked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.bodies: list[tuple[str, bytes]] = []

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def spans(self, trace_id: str) -> dict[str, tuple[str, str]]:
        """The spans of a trace by their names: their own id and that of the one above."""
        places = {}
        for path, body in self.bodies:
            assert path == "/v1/traces"
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                for span in [scope_span for scope in resource.scope_spans for scope_span in scope.spans]:
                    if span.trace_id.hex() == trace_id:
                        places[span.name] = (span.span_id.hex(), span.parent_span_id.hex())
        return places


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        unpackers: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.decompress, "deflate": zlib.decompress}
        unpack = unpackers.get(self.headers.get("Content-Encoding", ""))
        self.server.bodies.append((self.path, unpack(body) if unpack else body))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
