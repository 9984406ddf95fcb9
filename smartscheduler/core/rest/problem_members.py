"""Members of the problem documents of each code, beside those that all have. The schemas are those of OpenAPI 3.1."""

from collections.abc import Mapping
from typing import Any, NamedTuple

Schema = Mapping[str, Any]


class Member(NamedTuple):
    """A member of a problem document. Without `always`, some documents of the code lack it."""

    schema: Schema
    meaning: str
    always: bool = True


def _component(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _listed(item: Schema) -> Schema:
    return {"type": "array", "items": item}


def _record(properties: Mapping[str, Schema], *, optional: tuple[str, ...] = ()) -> Schema:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": dict(properties), **({"required": required} if required else {})}


TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "integer", "format": "int32"}
ID: Schema = {"type": "string", "format": "uuid"}
INSTANT: Schema = {"type": "string", "format": "date-time"}
SLOT = _component("TimeSlot")
# A window that was withdrawn is null.
NO_WINDOW: Schema = {"anyOf": [SLOT, {"type": "null"}]}
PLACE: Schema = {**_record({"rank": NUMBER, "score": {"type": "number"}}), "type": ["object", "null"]}

# The messages of each field, by its path.
FIELD_ERRORS: Schema = {
    "type": "object",
    "description": "The messages of each field. Paths are dotted: `location.latitude`, `working_hours.0.end_time`.",
    "additionalProperties": {"type": "array", "items": TEXT},
}
ERRORS = Member(_component("FieldErrors"), "The messages of each field, by its path.")
REASONS = Member(_listed(_component("Reason")), "The rules that are broken, each with its code and a sentence.")
NEAREST_SLOTS = Member(_listed(SLOT), "Up to three free slots of the same contractor, sorted by start.")
# As in the log, but without a sequence number until it is delivered.
LATEST_EVENT = Member(
    _record(
        {
            "sequence": {"type": ["integer", "null"], "format": "int64"},
            "id": ID,
            "type": TEXT,
            "occurred_at": INSTANT,
            "actor": {"type": ["object", "null"], "additionalProperties": {}},
            "data": {"type": "object", "additionalProperties": {}},
        }
    ),
    "The event of the change that came first; null in `sequence` until it is delivered.",
    always=False,
)
JOB = Member(ID, "The job that the refusal is about, if the request changes several.", always=False)
FROM = Member(TEXT, "The present state of the record.")

MEMBERS: dict[str, dict[str, Member]] = {
    "invalid-input": {"errors": ERRORS, "job_id": JOB},
    "slot-unavailable": {
        "errors": ERRORS,
        "reasons": REASONS,
        "nearest_slots": NEAREST_SLOTS,
        "conflicting_assignment": Member(
            _record({"id": ID, "time_slot": SLOT}), "The assignment that takes the time, if one does.", always=False
        ),
        "job_id": JOB,
    },
    "outside-window": {
        "errors": ERRORS,
        "reasons": REASONS,
        "window": Member(SLOT, "The promised arrival window."),
        "nearest_slots": NEAREST_SLOTS,
        "customer_notice": Member(
            _record({"is_told": {"type": "boolean"}, "text": TEXT}),
            "Whether the customer gets a message if the window is broken, and a sentence about it.",
            always=False,
        ),
        "job_id": JOB,
    },
    "window-promised": {"window": Member(NO_WINDOW, "The current window; null if it was withdrawn.")},
    "contractor-unsuitable": {"reasons": REASONS, "job_id": JOB},
    "booking-in-conflict": {"reasons": REASONS},
    "job-not-open": {
        "jobs": Member(_listed(ID), "The jobs of the request that are not open.", always=False),
        "latest_event": LATEST_EVENT,
        "job_id": JOB,
    },
    "ranking-stale": {
        "errors": ERRORS,
        "changes": Member(
            _listed(_record({"contractor": ID, "was": PLACE, "now": PLACE})),
            "The contractors whose rank or score has changed; null outside the ranking.",
        ),
        "ranking": Member(_component("Ranking"), "The current ranking, with its token."),
    },
    "plan-stale": {
        "stale": Member(
            _listed(
                _record(
                    {
                        "item": {"type": "integer", "format": "int64"},
                        "code": TEXT,
                        "reason": TEXT,
                        "suggestion": {
                            "type": ["object", "null"],
                            "description": "What can be booked instead.",
                            "additionalProperties": {},
                        },
                    }
                )
            ),
            "The items that no longer hold.",
        )
    },
    "contractor-has-live-assignments": {
        "assignments": Member(
            _listed(
                _record(
                    {
                        "id": ID,
                        "job_id": ID,
                        "job_number": TEXT,
                        "status": _component("AssignmentStatus"),
                        "time_slot": SLOT,
                    }
                )
            ),
            "The live assignments of the contractor.",
        )
    },
    "invalid-transition": {
        "from": FROM,
        "to": Member(TEXT, "The state or the act that the request asks for.", always=False),
        "merged_into": Member(ID, "The customer who has the jobs of this one now.", always=False),
        "latest_event": LATEST_EVENT,
        "job_id": JOB,
    },
    "too-early": {"earliest": Member(INSTANT, "The first possible time.")},
    "precondition-failed": {
        "current_etag": Member(TEXT, "The ETag of the record as it is now.", always=False),
        "current_version": Member(NUMBER, "The version of the booking as it is now.", always=False),
        "latest_event": LATEST_EVENT,
    },
    "job-has-live-assignment": {"errors": ERRORS},
    "idempotency-key-reused": {"errors": ERRORS},
    "duplicate-email": {"errors": ERRORS},
    "plan-too-large": {
        "limit": Member(
            _record({"jobs": NUMBER, "days": NUMBER, "locks": NUMBER}, optional=("jobs", "days", "locks")),
            "The limit that is exceeded.",
        )
    },
}
