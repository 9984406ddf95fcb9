"""Conditional requests: an `ETag` for each record as it is represented, and `If-Match` honoured (RFC 9110, 13.1).

Django's ConditionalGetMiddleware gives every answer to a GET its tag and turns a repeated one into a 304; the tag of a
record is the same text here, worked out under the locks that the change will take.
"""

import hashlib
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.utils.http import parse_etags, quote_etag
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from smartscheduler.core.db.transactions import domain_transaction
from smartscheduler.core.models import Record
from smartscheduler.core.rest.renderers import FastJSONRenderer
from smartscheduler.core.rest.views import around_handler
from smartscheduler.errors import DomainError

CHANGING = frozenset({"PUT", "PATCH", "DELETE", "POST"})


class PreconditionFailed(DomainError):
    code = "precondition-failed"


def etag_of(representation: Any) -> str:
    """The tag of what a GET answers, quotes included."""
    text = FastJSONRenderer().render(representation)
    return quote_etag(hashlib.md5(text, usedforsecurity=False).hexdigest())


class ConditionalRequestMixin(APIView):
    """For views of one record: answers carry its `ETag`, and what changes it may carry `If-Match`."""

    def lock(self, pk: UUID) -> None:
        """Lock the record as its services do, in their order. Raises ObjectDoesNotExist."""
        raise NotImplementedError

    def representation(self, pk: UUID) -> Any:
        """What a GET of the record answers."""
        raise NotImplementedError

    def answer(self, pk: UUID, *, status: int = 200, **more: Any) -> Response:
        """The record as stored now, with its tag; `more` is said beside it."""
        found = self.representation(pk)
        return Response({**found, **more}, status=status, headers={"ETag": etag_of(found)})

    def after(self, changed: Record) -> Response:
        """The record after a change."""
        return self.answer(changed.pk)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if "If-Match" in request.headers and request.method in CHANGING and "pk" in kwargs:
            around_handler(self, request, self._if_match)

    @domain_transaction
    def _if_match(self, handler: Callable[..., Response], request: Request, *args: Any, **kwargs: Any) -> Response:
        self.lock(kwargs["pk"])
        wanted, current = parse_etags(request.headers["If-Match"]), etag_of(self.representation(kwargs["pk"]))
        if wanted != ["*"] and current not in wanted:
            message = "The record is not the one you read; read it again and decide anew."
            raise PreconditionFailed(message, extra={"current_etag": current})
        return handler(request, *args, **kwargs)
