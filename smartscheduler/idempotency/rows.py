"""Requests of many rows: each row has its own transaction and its own result.

With an `Idempotency-Key`, each row that succeeds stores its record in its transaction. A request that died halfway goes
on when it is repeated: rows that were carried out are not carried out again. The response as a whole is stored after
the last row (idempotency.mixin), unless a row failed for the moment, such as by a lock.
"""

import hashlib
import json
import math
from collections.abc import Callable, Iterable
from functools import partial
from http import HTTPStatus
from typing import Any, ClassVar, cast
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from smartscheduler.accounts.models import User
from smartscheduler.core.http.rate_limits import charge
from smartscheduler.core.models import Record
from smartscheduler.core.rest.fields import BoundedListField, StrictSerializer
from smartscheduler.core.rest.problems import describe
from smartscheduler.core.rest.views import ReadsBody
from smartscheduler.idempotency.mixin import HEADER, IdempotencyMixin, fingerprint_of, key_reused, take_key
from smartscheduler.idempotency.models import KeptAnswer

MOST_ROWS = 500
# Errors that no other row can avoid: the whole request fails.
OF_THE_REQUEST = {"internal-error", "unavailable", "idempotency-key-reused"}
# The header of a row's stored answer that names its record. The body can be emptied by an erasure of personal data.
RECORD = "Record"


class RowField(serializers.DictField):
    """An object, which the serializer of the row validates."""

    shape = dict


class RowsSerializer(StrictSerializer):
    """The rows, not yet validated: each row is validated on its own."""

    rows = BoundedListField(child=RowField(), min_length=1, max_length=MOST_ROWS)


class RowResultSerializer(serializers.Serializer[Any]):
    """Result of one row, with the record as `body`."""

    status = serializers.IntegerField(help_text=_("Status code that the request of this row alone would have."))
    problem = serializers.DictField(
        allow_null=True, help_text=_("The problem document of a row that failed; null for a row that succeeded.")
    )


class RowsResponse(Response):
    """The results of all rows. Unless it is final, the same request tries rows again that failed for the moment."""

    is_final = True


class BulkMixin(ReadsBody, IdempotencyMixin):
    """View mixin: runs an action for each row of the request body."""

    # Rows for one unit of the rate limit, and the status of a row that succeeds.
    rows_per_unit: ClassVar[int] = 10
    row_status: ClassVar[int] = HTTPStatus.OK
    # Of the viewset.
    get_queryset: Any
    get_serializer: Any

    def bodies(self, ids: Iterable[UUID]) -> dict[UUID, Any]:
        """The representations of the records, by id, as they are after the last row."""
        records = list(self.get_queryset().filter(pk__in=ids))
        shown = self.get_serializer(records, many=True).data
        return {record.pk: body for record, body in zip(records, shown, strict=True)}

    def run_rows(self, request: Request, run: Callable[[dict[str, Any]], Record]) -> Response:
        """Call `run` for each row, in order. A row that fails does not stop the others."""
        rows = self.body(RowsSerializer)["rows"]
        charge(request, math.ceil(len(rows) / self.rows_per_unit) - 1)
        once = _Once(request)
        outcomes = [_outcome(request, partial(once.run, place, partial(run, row))) for place, row in enumerate(rows)]
        bodies = self.bodies({outcome for outcome in outcomes if isinstance(outcome, UUID)})
        results = [
            {"status": self.row_status, "body": bodies.get(outcome), "problem": None}
            if isinstance(outcome, UUID)
            else {"status": outcome["status"], "body": None, "problem": outcome}
            for outcome in outcomes
        ]
        succeeded = sum(result["problem"] is None for result in results)
        response = RowsResponse({"results": results, "succeeded": succeeded, "failed": len(results) - succeeded})
        response.is_final = not any(_is_for_the_moment(outcome) for outcome in outcomes)
        return response


class _Once:
    """Carries out each row of a request with an `Idempotency-Key` once."""

    def __init__(self, request: Request) -> None:
        self.user, self.key = cast(User, request.user), request.headers.get(HEADER)
        if self.key is not None:
            # A key of a client has no spaces, so that the key of a row differs from all of them.
            self.prefix = f"{hashlib.sha256(self.key.encode()).hexdigest()} "
            self.fingerprint = fingerprint_of(request)
            others = KeptAnswer.objects.filter(user=self.user, key__startswith=self.prefix)
            if others.exclude(fingerprint=self.fingerprint).exists():
                raise key_reused()

    def run(self, place: int, run: Callable[[], Record]) -> UUID:
        """The id of the record that the row has created or changed, now or in an earlier request."""
        if self.key is None:
            return run().pk
        row_key = f"{self.prefix}{place}"
        row = KeptAnswer.objects.filter(user=self.user, key=row_key)
        with transaction.atomic():
            if not take_key(self.user, row_key, self.fingerprint):
                stored = row.get()
                # Another request with the same key can have begun since this one looked.
                if stored.fingerprint != self.fingerprint:
                    raise key_reused()
                return UUID(stored.headers[RECORD])
            pk = run().pk
            row.update(status=HTTPStatus.OK, headers={RECORD: str(pk)})
        return pk


def _is_for_the_moment(outcome: UUID | dict[str, Any]) -> bool:
    return not isinstance(outcome, UUID) and outcome["status"] >= HTTPStatus.INTERNAL_SERVER_ERROR


def _outcome(request: Request, run: Callable[[], UUID]) -> UUID | dict[str, Any]:
    """The id of the record, or the problem document of the row."""
    try:
        return run()
    except Exception as error:
        problem = describe(error)
        if problem.code in OF_THE_REQUEST:
            raise
        document = problem.as_json(instance=request.path, trace_id=request.META.get("HTTP_X_REQUEST_ID", ""))
        # Rejected input can have lone surrogates, which the renderer of successful responses does not accept.
        text = json.dumps(document, cls=JSONEncoder, ensure_ascii=False).encode(errors="replace")
        return cast(dict[str, Any], json.loads(text))
