"""Declarations of what a handler of the API can answer, for the OpenAPI document.

What follows from the view itself needs no declaration: signing in, permissions, parameters, bodies, conditional and
idempotent requests, limits, and failures of the server.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from smartscheduler.core.rest.error_catalog import KINDS

Handler = TypeVar("Handler", bound=Callable[..., Any])


class Declared(NamedTuple):
    """Codes of problems, and names of headers of successful responses."""

    codes: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()


def fails_with(*codes: str) -> Callable[[Handler], Handler]:
    """Decorator for a handler: the codes of problems that its services raise. Raises KeyError for an unknown code."""
    for code in codes:
        KINDS[code]
    return _declare(Declared(codes=codes))


def sends(*headers: str) -> Callable[[Handler], Handler]:
    """Decorator for a handler: the headers of its successful responses."""
    return _declare(Declared(headers=headers))


def declared_of(view: Any, method: str) -> Declared:
    """What the handler of `method` declares."""
    name = getattr(view, "action", None) or method.lower()
    declared: Declared = getattr(getattr(view, name, None), "declared", Declared())
    return declared


def _declare(more: Declared) -> Callable[[Handler], Handler]:
    def decorate(handler: Handler) -> Handler:
        codes, headers = getattr(handler, "declared", Declared())
        handler.declared = Declared((*codes, *more.codes), (*headers, *more.headers))  # type: ignore[attr-defined]
        return handler

    return decorate
