"""GET /api/v1/events/: the event log, for those who were away or do not keep a socket open."""

from functools import partial

from django.conf import settings
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from smartscheduler.accounts.authentication import credential_of
from smartscheduler.accounts.credentials import Refusal
from smartscheduler.accounts.drf_permissions import RolePermission
from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Permission
from smartscheduler.core.rest.views import KnownParameters
from smartscheduler.events import event_log
from smartscheduler.events.long_polling import read_or_wait
from smartscheduler.events.redaction import limited_envelope
from smartscheduler.events.subscriptions import Selection


class EnvelopeSerializer(serializers.Serializer[dict[str, object]]):
    """One domain event as it goes over the wire."""

    sequence = serializers.IntegerField()
    id = serializers.UUIDField()
    type = serializers.CharField()
    occurred_at = serializers.DateTimeField()
    actor = serializers.DictField(allow_null=True)
    data = serializers.DictField()  # type: ignore[assignment]


EventPage = inline_serializer(
    "EventPage",
    {
        "results": EnvelopeSerializer(many=True),
        "head": serializers.IntegerField(help_text="The last sequence number given."),
        "next_after": serializers.IntegerField(help_text="The `after` of the next call."),
        "resync": serializers.BooleanField(help_text="What was asked for is gone: read the state, go on from `head`."),
    },
)


def _check(request: Request, found: User | Refusal) -> None:
    """Go on with the reader's account as it is now. Raises AuthenticationFailed, PermissionDenied."""
    if isinstance(found, Refusal):
        raise AuthenticationFailed(found.detail, code=found.code)
    if not found.allows(Permission.VIEW_EVENTS):
        raise PermissionDenied(RolePermission.message)
    request.user = found


class EventsView(KnownParameters):
    required_permissions = {"get": Permission.VIEW_EVENTS}

    def query_parameters(self) -> dict[str, bool]:
        return {"after": False, "type": True, "topics": True, "limit": False, "wait": False}

    @extend_schema(
        operation_id="events_list",
        tags=["events"],
        responses=EventPage,
        parameters=[
            OpenApiParameter("after", int, description="Events that follow this number; else from the oldest."),
            OpenApiParameter("type", str, many=True, explode=False, description="Types of event."),
            OpenApiParameter("topics", str, many=True, explode=False, description="`job:ID` and `contractor:ID`."),
            OpenApiParameter("limit", int, description="At most so many events, 1–1000; else 100."),
            OpenApiParameter("wait", int, description="Where there is nothing yet, wait so many seconds for it, 0–25."),
        ],
    )
    def get(self, request: Request) -> Response:
        """The events in the order of delivery, oldest first. What the reader may not see of them is null."""
        query = request.query_params
        types, topics = (",".join(query.getlist(name)) for name in ("type", "topics"))
        selection = Selection.parse(types=types, topics=topics, types_parameter="type")
        page, waited = read_or_wait(
            after=event_log.parse_after(query.get("after")),
            selection=selection,
            limit=event_log.parse_limit(query.get("limit")),
            seconds=event_log.parse_wait(query.get("wait"), settings.EVENT_LONGEST_WAIT_SECONDS),
            credential=credential_of(request),
            on_wait=getattr(request._request, "leave_quota", lambda: None),
            check=partial(_check, request),
        )
        request._request.waited = waited  # type: ignore[attr-defined]  # for SlowRequestMiddleware
        shown = [limited_envelope(envelope, request.user) for envelope in page.envelopes]
        return Response({"results": shown, "head": page.head, "next_after": page.upto, "resync": page.resync})
