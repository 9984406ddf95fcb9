"""Check of answers of the API against docs/openapi.yaml: status, problem type, members, headers."""

import re
from functools import lru_cache
from typing import Any, NamedTuple

import jsonschema
import yaml
from django.http import HttpResponseBase

from smartscheduler import BASE_DIR

PREFIX = "/api/v1/"
METHOD_NOT_ALLOWED = 405
FIRST_ERROR = 400
# Headers of any HTTP server, and those for browsers: they say nothing about the call.
OF_HTTP = {
    *("Allow", "Cache-Control", "Content-Language", "Content-Length", "Content-Type", "Cookie", "Date", "Server"),
    *("Set-Cookie", "Vary", "Connection", "Permissions-Policy", "Referrer-Policy", "X-Content-Type-Options"),
    *("X-Frame-Options", "Content-Security-Policy", "Strict-Transport-Security"),
}
BROWSER_PREFIXES = ("Cross-Origin-", "Access-Control-")


class Operation(NamedTuple):
    """A declared operation: its name, and its responses by status."""

    name: str
    responses: dict[str, Any]


@lru_cache(maxsize=1)
def document() -> Any:
    text = (BASE_DIR / "docs" / "openapi.yaml").read_text()
    # With the parser in C, it takes a tenth of the time.
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506


@lru_cache(maxsize=1)
def _paths() -> list[tuple[re.Pattern[str], dict[str, Operation]]]:
    """The operations of each path by method; literal paths come before those with parameters."""
    return [
        (
            re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path)) + "?" * path.endswith(("live/", "ready/"))),
            {method.upper(): Operation(call["operationId"], call["responses"]) for method, call in calls.items()},
        )
        for path, calls in sorted(document()["paths"].items(), key=lambda item: "{" in item[0])
    ]


def operation_of(method: str, path: str) -> Operation | None:
    """The operation of a request; None for one that the document does not have."""
    return next((calls.get(method) for pattern, calls in _paths() if pattern.fullmatch(path)), None)


def resolved(part: Any) -> Any:
    """The component behind a reference, or the part itself."""
    while "$ref" in part:
        _, kind, name = part["$ref"].removeprefix("#").rsplit("/", 2)
        part = document()["components"][kind][name]
    return part


def check(method: str, path: str, response: HttpResponseBase) -> None:
    """Raise AssertionError for an answer that its operation does not declare."""
    if not path.startswith(PREFIX) or response.status_code == METHOD_NOT_ALLOWED:
        return
    if operation := operation_of(method, path):
        call = f"{operation.name} ({method} {path})"
        declared = operation.responses.get(str(response.status_code))
        assert declared, f"{call} answers {response.status_code}, which is not declared: {response!r}"
        answer = resolved(declared)
        surplus = {
            name
            for name in response.headers
            if name not in OF_HTTP and not name.startswith(BROWSER_PREFIXES) and name not in answer.get("headers", {})
        }
        assert not surplus, f"{call} answers {response.status_code} with undeclared headers: {sorted(surplus)}"
        _check_body(operation.name, call, answer, response)


# What was checked before: each combination is validated once in a process, since that takes milliseconds.
_seen: set[tuple[str, str, frozenset[str]]] = set()


def _check_body(name: str, call: str, answer: Any, response: Any) -> None:
    """Check the media type, and a problem document as a whole. Other bodies are checked by the generated clients."""
    content = {kind.split(";")[0]: body for kind, body in answer.get("content", {}).items()}
    if not response.content:
        return
    media_type = response.headers["Content-Type"].split(";")[0]
    assert media_type in content, f"{call} answers {response.status_code} with {media_type}"
    if response.status_code < FIRST_ERROR:
        return
    body, schema = response.json(), content[media_type]["schema"]
    places = schema.get("discriminator", {}).get("mapping") or {_type_of(schema): schema["$ref"]}
    assert body["type"] in places, f"{call} answers {body['type']}, which is not declared"
    schema = {"$ref": places[body["type"]]}
    surplus = set(body) - set(resolved(schema)["properties"])
    assert not surplus, f"{call} answers {body['type']} with undeclared members: {sorted(surplus)}"
    if (kind := (name, body["type"], frozenset(body))) not in _seen:
        validator = jsonschema.Draft202012Validator({**schema, "components": document()["components"]})
        problem = next(validator.iter_errors(body), None)
        assert problem is None, f"{call} answers {body['type']} against the schema: {problem}"
        _seen.add(kind)


def _type_of(reference: Any) -> str:
    return str(resolved(reference)["properties"]["type"]["const"])
