"""The AsyncAPI 3 document of the event socket and of the event log over HTTP: docs/asyncapi.yaml."""

from typing import Any

from smartscheduler import __version__
from smartscheduler.events.catalog import TIME_SLOT, Schema, data_schema, event_types, summary
from smartscheduler.events.event_log import DEFAULT_LIMIT, LARGEST_SEQUENCE, LONGEST_WAIT_SECONDS, MOST
from smartscheduler.events.subscriptions import MOST_TOPICS, TOPIC_FIELDS

SEQUENCE: Schema = {"type": "integer", "minimum": 0, "maximum": LARGEST_SEQUENCE}
INSTANT: Schema = {"type": "string", "format": "date-time"}
# Frames that are no event: name, description, member, and schema of the value.
FRAMES = (
    ("Ready", "The replay is complete; live events follow. The value is your position.", "ready", SEQUENCE),
    (
        "Heartbeat",
        "Every 15 seconds: everything up to this number that you subscribed to was sent.",
        "heartbeat",
        SEQUENCE,
    ),
    (
        "Resync",
        "Your `after` is older than the log or in its future: read the current state. The value is your position now.",
        "resync",
        SEQUENCE,
    ),
    (
        "Error",
        "A parameter is wrong, and the socket closes with 4400; or you sent a message.",
        "error",
        {"$ref": "#/components/schemas/Problem"},
    ),
)
CLOSE_CODES = """\
Close codes: 4008 too slow, 4400 wrong parameter, 4401 signed out, 4403 origin or role not allowed, 4410 ticket unknown,
expired or used, 4429 too many sockets, 1008 and 1009 too many or too long messages, 1012 and 1013 reconnect.
docs/events.md says what to do for each."""


def document() -> dict[str, Any]:
    """The document as JSON values."""
    kinds = event_types()
    frames = [*kinds, *(name for name, *_ in FRAMES)]
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "SmartScheduler events",
            "version": __version__,
            "description": "Domain events of SmartScheduler: live over a WebSocket, and replayed over HTTP. Delivery "
            "is at least once and in order; `id` identifies a repeated event. New types and new fields can be added.",
            "license": {"name": "MIT License"},
            "tags": [{"name": "events", "description": "What happened to jobs, bookings, contractors and plans."}],
        },
        "defaultContentType": "application/json",
        "servers": {
            "socket": {"host": "localhost:8000", "protocol": "ws", "description": "`wss` in production."},
            "api": {"host": "localhost:8000", "protocol": "http", "description": "`https` in production."},
        },
        "channels": {"socket": _socket(frames), "log": _log()},
        "operations": _operations(frames),
        "components": {"messages": _messages(kinds), "schemas": _schemas(kinds), "securitySchemes": _security()},
    }


def _ref(kind: str, name: str) -> dict[str, str]:
    return {"$ref": f"#/{kind}/{name}"}


def _socket(frames: list[str]) -> dict[str, Any]:
    return {
        "address": "/ws/events/",
        "title": "Event socket",
        "description": "Offer the subprotocols `events.v1` and `ticket.<value>`, with a ticket of `POST "
        f"/api/v1/auth/ws-ticket/`, or connect from a page of the same origin with the session cookie. {CLOSE_CODES}",
        "servers": [_ref("servers", "socket")],
        "messages": {name: _ref("components/messages", name) for name in (*frames, "FromClient")},
        "bindings": {
            "ws": {
                "method": "GET",
                "query": _parameters(),
                "headers": {
                    "type": "object",
                    "properties": {
                        "Sec-WebSocket-Protocol": {
                            "type": "string",
                            "description": "`events.v1, ticket.<value>`; the answer is `events.v1`.",
                        }
                    },
                },
                "bindingVersion": "0.1.0",
            }
        },
    }


def _log() -> dict[str, Any]:
    return {
        "address": "/api/v1/events/",
        "title": "Event log",
        "description": "The same events over HTTP, oldest first: to catch up, or instead of a socket with `wait`.",
        "servers": [_ref("servers", "api")],
        "messages": {name: _ref("components/messages", name) for name in ("LogRequest", "EventPage", "CloudEventPage")},
    }


def _parameters(**more: Schema) -> Schema:
    listed = {"type": "array", "items": {"type": "string"}}
    topics = "|".join(TOPIC_FIELDS)
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "after": {
                **SEQUENCE,
                "description": "Begin after this number. Without it: at the head, or over HTTP with the oldest event.",
            },
            "types": {
                **listed,
                "items": {"type": "string", "enum": list(event_types())},
                "description": "Only these types, separated by commas.",
            },
            "topics": {
                **listed,
                "items": {"type": "string", "pattern": f"^({topics}):[0-9a-fA-F-]{{36}}$"},
                "maxItems": MOST_TOPICS,
                "description": "Only events about one of these, separated by commas: `job:ID`, `contractor:ID`, "
                "`plan:ID`.",
            },
            **more,
        },
    }


def _operations(frames: list[str]) -> dict[str, Any]:
    socket, log = _ref("channels", "socket"), _ref("channels", "log")
    query = _parameters(
        limit={"type": "integer", "minimum": 1, "maximum": MOST, "default": DEFAULT_LIMIT},
        wait={"type": "integer", "minimum": 0, "maximum": LONGEST_WAIT_SECONDS, "default": 0},
    )
    return {
        "sendFrames": {
            "action": "send",
            "channel": socket,
            "summary": "Send frames",
            "description": "Replays what follows `after`, then sends live events and heartbeats.",
            "security": [_ref("components/securitySchemes", "ticket")],
            "messages": [_ref("channels/socket/messages", name) for name in frames],
        },
        "receiveMessages": {
            "action": "receive",
            "channel": socket,
            "summary": "Reject messages",
            "description": "The socket only sends: it answers a message with an error, and closes after eight.",
            "messages": [_ref("channels/socket/messages", "FromClient")],
            "reply": {"channel": socket, "messages": [_ref("channels/socket/messages", "Error")]},
        },
        "readLog": {
            "action": "receive",
            "channel": log,
            "summary": "Read the log",
            "description": "Returns the events after a number, and optionally waits for the next one.",
            "security": [_ref("components/securitySchemes", "bearer")],
            "messages": [_ref("channels/log/messages", "LogRequest")],
            "reply": {
                "channel": log,
                "messages": [_ref("channels/log/messages", name) for name in ("EventPage", "CloudEventPage")],
            },
            "bindings": {"http": {"method": "GET", "query": query, "bindingVersion": "0.3.0"}},
        },
    }


def _messages(kinds: dict[str, Any]) -> dict[str, Any]:
    def message(name: str, text: str, payload: Schema, **more: Any) -> dict[str, Any]:
        return {"name": name, "title": name, "summary": text, "payload": payload, **more}

    events = {
        name: message(name, summary(kind), _object({"event": _ref("components/schemas", f"{name}Envelope")}))
        for name, kind in kinds.items()
    }
    others = {name: message(name, text, _object({member: schema})) for name, text, member, schema in FRAMES}
    return {
        **events,
        **others,
        "FromClient": message("FromClient", "Anything that a client sends.", {"type": "string"}),
        "LogRequest": message("LogRequest", "A request without a body.", {"type": "null"}),
        "EventPage": message("EventPage", "A page of the log.", _page(_ref("components/schemas", "Envelope"))),
        "CloudEventPage": message(
            "CloudEventPage",
            "The same with `Accept: application/cloudevents+json`: each result is an event of CloudEvents 1.0.",
            _page(_ref("components/schemas", "CloudEvent")),
            contentType="application/cloudevents+json",
        ),
    }


def _object(properties: dict[str, Schema], **more: Any) -> Schema:
    return {"type": "object", "required": list(properties), "properties": properties, **more}


def _page(item: Schema) -> Schema:
    return _object(
        {
            "results": {"type": "array", "maxItems": MOST, "items": item},
            "head": {**SEQUENCE, "description": "The last assigned number."},
            "next_after": {**SEQUENCE, "description": "`after` of the next request."},
            "resync": {"type": "boolean", "description": "The requested events are gone: read the current state."},
        }
    )


def _schemas(kinds: dict[str, Any]) -> dict[str, Schema]:
    envelopes = {f"{name}Envelope": _envelope(name) for name in kinds}
    return {
        TIME_SLOT: _object({"start": INSTANT, "end": INSTANT}, description="Half open: the end is not part of it."),
        "Actor": _object(
            {
                "id": {"type": "string", "format": "uuid"},
                "email": {"type": ["string", "null"], "description": "Null for roles that may not see it."},
                "name": {"type": "string"},
                "role": {"type": "string"},
            },
            description="The account that caused the event.",
        ),
        "Problem": _object(
            {
                "type": {"type": "string"},
                "title": {"type": "string"},
                "status": {"type": "integer"},
                "detail": {"type": "string"},
                "instance": {"type": "string"},
                "trace_id": {"type": "string"},
            },
            description="A problem document (RFC 9457), as in docs/api.md.",
        ),
        "Envelope": {"oneOf": [_ref("components/schemas", name) for name in envelopes]},
        "CloudEvent": _cloud_event(kinds),
        **envelopes,
        **{name: data_schema(kind) for name, kind in kinds.items()},
    }


def _envelope(name: str) -> Schema:
    return _object(
        {
            "sequence": {**SEQUENCE, "description": "The place in the log, without gaps."},
            "id": {"type": "string", "format": "uuid"},
            "type": {"const": name},
            "occurred_at": INSTANT,
            "actor": {"oneOf": [_ref("components/schemas", "Actor"), {"type": "null"}]},
            "data": _ref("components/schemas", name),
        }
    )


def _cloud_event(kinds: dict[str, Any]) -> Schema:
    required = _object(
        {
            "specversion": {"const": "1.0"},
            "id": {"type": "string", "format": "uuid"},
            "source": {"type": "string", "format": "uri-reference"},
            "type": {"type": "string", "enum": [f"smartscheduler.{name}" for name in kinds]},
            "time": INSTANT,
            "datacontenttype": {"const": "application/json"},
            "sequence": {"type": "string", "pattern": r"^\d{19}$", "description": "The number, with leading zeros."},
            "data": {"type": "object", "description": "As in the envelope of the type."},
        }
    )
    optional = {
        "subject": {"type": "string", "description": "The topic of the event, such as `job:ID`."},
        "actorid": {"type": "string", "format": "uuid"},
        "actorname": {"type": "string"},
    }
    return {**required, "properties": required["properties"] | optional}


def _security() -> dict[str, Any]:
    return {
        "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
        "ticket": {
            "type": "httpApiKey",
            "in": "header",
            "name": "Sec-WebSocket-Protocol",
            "description": "`ticket.<value>` as a subprotocol, with a ticket of `POST /api/v1/auth/ws-ticket/`.",
        },
    }
