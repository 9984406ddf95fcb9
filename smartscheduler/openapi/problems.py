"""Problem documents in the OpenAPI document: a component for each code, and the union of the codes in a response."""

from collections.abc import Iterable

from smartscheduler.core.rest.error_catalog import KINDS
from smartscheduler.core.rest.problem_members import FIELD_ERRORS, MEMBERS, Member
from smartscheduler.core.rest.problems import MEDIA_TYPE
from smartscheduler.openapi.headers import OF_STATUS, Schema, references

TEXT: Schema = {"type": "string"}
SCHEMAS = "#/components/schemas/"
# Refused before the requests of the account are counted.
UNCOUNTED = frozenset({401, 403, 406})


def component_of(code: str) -> str:
    """`SlotUnavailableProblem` for `slot-unavailable`."""
    return "".join(word.capitalize() for word in code.split("-")) + "Problem"


def components() -> dict[str, Schema]:
    """The schemas of all problem documents, by component."""
    return {"FieldErrors": dict(FIELD_ERRORS)} | {component_of(code): _document(code) for code in KINDS}


def _document(code: str) -> Schema:
    kind, more = KINDS[code], MEMBERS.get(code, {})
    own = {
        "type": {**TEXT, "format": "uri-reference", "const": f"/problems/{code}"},
        "title": TEXT,
        "status": {"type": "integer", "format": "int32", "const": kind.status},
        "detail": {**TEXT, "description": "What happened, as a sentence for users."},
        "instance": {**TEXT, "format": "uri-reference", "description": "The address of the request."},
        "trace_id": {**TEXT, "description": "The `X-Request-ID` of the response."},
    }
    return {
        "type": "object",
        "description": f"{kind.title}: {kind.meaning}.",
        "properties": own | {name: _described(member) for name, member in more.items()},
        "required": [*own, *(name for name, member in more.items() if member.always)],
    }


def _described(member: Member) -> Schema:
    return {**member.schema, "description": member.meaning}


def responses(codes: Iterable[str], headers: tuple[str, ...], limits: tuple[str, ...]) -> dict[str, Schema]:
    """The responses of an operation that fails with `codes`, by status.

    Each has `headers`, those of its status, and `limits` if it comes after the requests of the account are counted.
    """
    by_status: dict[int, list[str]] = {}
    raised = set(codes)
    for code in KINDS:
        if code in raised:
            by_status.setdefault(KINDS[code].status, []).append(code)
    return {
        str(status): _response(status, each, headers if status in UNCOUNTED else (*headers, *limits))
        for status, each in by_status.items()
    }


def _response(status: int, codes: list[str], headers: tuple[str, ...]) -> Schema:
    return {
        "description": "\n".join(f"- `{code}`: {KINDS[code].title}" for code in codes),
        "headers": references(*headers, *OF_STATUS.get(status, ())),
        "content": {MEDIA_TYPE: {"schema": _union(codes)}},
    }


def _union(codes: list[str]) -> Schema:
    places = {f"/problems/{code}": f"{SCHEMAS}{component_of(code)}" for code in codes}
    if len(places) == 1:
        return {"$ref": next(iter(places.values()))}
    return {
        "oneOf": [{"$ref": place} for place in places.values()],
        "discriminator": {"propertyName": "type", "mapping": places},
    }
