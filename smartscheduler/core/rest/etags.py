"""Conditional requests: an `ETag` for each representation of a record, and `If-Match` (RFC 9110, section 13.1).

EtagMiddleware (smartscheduler.core.http.middleware) sets the ETag of each GET response and answers 304 for an unchanged
one. This module calculates the same ETag under the locks of the change, so that no other change comes between the check
and the write.
"""

import hashlib
from collections.abc import Callable
from typing import Any, ClassVar
from uuid import UUID

from django.utils.http import parse_etags, quote_etag
from django.utils.translation import gettext
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
    """The ETag of the body of a GET response, with quotes."""
    text = FastJSONRenderer().render(representation)
    return quote_etag(hashlib.md5(text, usedforsecurity=False).hexdigest())


class ConditionalRequestMixin(APIView):
    """Mixin for views of one record: responses carry its `ETag`, and changes check `If-Match`.

    An action in `several_transactions` commits transactions of its own, so it checks `If-Match` before the first one.
    """

    several_transactions: ClassVar[frozenset[str]] = frozenset()

    def lock(self, pk: UUID) -> None:
        """Lock the record in the same order as its services. Raises ObjectDoesNotExist."""
        raise NotImplementedError

    def representation(self, pk: UUID) -> Any:
        """The body of a GET response for the record."""
        raise NotImplementedError

    def answer(self, pk: UUID, *, status: int = 200, **more: Any) -> Response:
        """The response with the stored record, its ETag, and the members of `more`."""
        representation = self.representation(pk)
        return Response({**representation, **more}, status=status, headers={"ETag": etag_of(representation)})

    def after(self, changed: Record) -> Response:
        """The response with the record after a change."""
        return self.answer(changed.pk)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if "If-Match" in request.headers and request.method in CHANGING and "pk" in kwargs:
            is_one = getattr(self, "action", None) not in self.several_transactions
            around_handler(self, request, self._if_match if is_one else self._if_matched_before)

    @domain_transaction
    def _if_match(self, handler: Callable[..., Response], request: Request, *args: Any, **kwargs: Any) -> Response:
        self.lock(kwargs["pk"])
        self._check(request, kwargs["pk"])
        return handler(request, *args, **kwargs)

    def _if_matched_before(
        self, handler: Callable[..., Response], request: Request, *args: Any, **kwargs: Any
    ) -> Response:
        self._check(request, kwargs["pk"])
        return handler(request, *args, **kwargs)

    def _check(self, request: Request, pk: UUID) -> None:
        """Raise PreconditionFailed unless the `If-Match` of the request has the present ETag."""
        accepted, current = parse_etags(request.headers["If-Match"]), etag_of(self.representation(pk))
        if accepted != ["*"] and current not in accepted:
            message = gettext("The record has changed since you read it. Read it again before you change it.")
            raise PreconditionFailed(message, extra={"current_etag": current})
