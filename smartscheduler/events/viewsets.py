"""GET /api/v1/events/: the event log over HTTP, to catch up after a disconnect or without a WebSocket."""

from functools import partial

from django.conf import settings
from django.utils.translation import gettext_lazy as _
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
from smartscheduler.events import cloud_events, event_log
from smartscheduler.events.catalog import event_types
from smartscheduler.events.cloud_events import CloudEventsRenderer, as_cloud_event
from smartscheduler.events.long_polling import read_or_wait
from smartscheduler.events.redaction import limited_envelope
from smartscheduler.events.subscriptions import Selection


class EnvelopeSerializer(serializers.Serializer[dict[str, object]]):
    """A domain event."""

    sequence = serializers.IntegerField()
    id = serializers.UUIDField()
    # No enum: a client that was generated before a new type must still read the log.
    type = serializers.CharField(help_text=_("The event type. New types can be added: ignore those you do not know."))
    occurred_at = serializers.DateTimeField()
    actor = serializers.DictField(allow_null=True)
    data = serializers.DictField()  # type: ignore[assignment]


EventPage = inline_serializer(
    "EventPage",
    {
        "results": EnvelopeSerializer(many=True),
        "head": serializers.IntegerField(help_text=_("The last assigned sequence number.")),
        "next_after": serializers.IntegerField(help_text=_("The value of `after` for the next request.")),
        "resync": serializers.BooleanField(
            help_text=_(
                "True when the requested events are no longer available. Load the present state and continue with "
                "`after` set to `head`."
            )
        ),
    },
)


def _check(request: Request, account: User | Refusal) -> None:
    """Use the present state of the reader's account. Raises AuthenticationFailed, PermissionDenied."""
    if isinstance(account, Refusal):
        raise AuthenticationFailed(account.detail, code=account.code)
    if not account.allows(Permission.VIEW_EVENTS):
        raise PermissionDenied(RolePermission.message)
    request.user = account


class CloudEventSerializer(serializers.Serializer[dict[str, object]]):
    """A domain event as a CloudEvent."""

    specversion = serializers.ChoiceField(choices=["1.0"])
    id = serializers.UUIDField()
    source = serializers.CharField(help_text=_("The address of the event log."))  # type: ignore[assignment]
    type = serializers.CharField(help_text=_("`smartscheduler.` and the event type."))
    time = serializers.DateTimeField()
    subject = serializers.CharField(required=False, help_text=_("The topic of the event, such as `job:ID`."))
    datacontenttype = serializers.ChoiceField(choices=["application/json"])
    sequence = serializers.RegexField(r"^\d{19}$", help_text=_("The sequence number with leading zeros."))
    actorid = serializers.UUIDField(required=False)
    actorname = serializers.CharField(required=False)
    data = serializers.DictField()  # type: ignore[assignment]


CloudEventPage = inline_serializer(
    "CloudEventPage",
    {
        "results": CloudEventSerializer(many=True),
        "head": serializers.IntegerField(),
        "next_after": serializers.IntegerField(),
        "resync": serializers.BooleanField(),
    },
)


class EventsView(KnownParameters):
    renderer_classes = (*KnownParameters.renderer_classes, CloudEventsRenderer)
    required_permissions = {"get": Permission.VIEW_EVENTS}

    def query_parameters(self) -> dict[str, bool]:
        return {"after": False, "types": True, "type": True, "topics": True, "limit": False, "wait": False}

    @extend_schema(
        operation_id="events_list",
        tags=["events"],
        responses={(200, "application/json"): EventPage, (200, cloud_events.MEDIA_TYPE): CloudEventPage},
        parameters=[
            OpenApiParameter(
                "after",
                {"type": "integer", "minimum": 0, "maximum": 2**63 - 1},
                description="Return events after this sequence number. Default: from the oldest event.",
            ),
            OpenApiParameter(
                "types", str, many=True, enum=list(event_types()), description="Return only these event types."
            ),
            OpenApiParameter(
                "type",
                str,
                many=True,
                enum=list(event_types()),
                deprecated=True,
                description="The former name of `types`.",
            ),
            OpenApiParameter(
                "topics",
                str,
                many=True,
                description="Return only events about these records: `job:ID`, `contractor:ID` or `plan:ID`.",
            ),
            OpenApiParameter(
                "limit",
                {"type": "integer", "minimum": 1, "maximum": 1000},
                description="The largest number of events, 1–1000. Default: 100.",
            ),
            OpenApiParameter(
                "wait",
                {"type": "integer", "minimum": 0, "maximum": 25},
                description="Wait up to this many seconds for new events, 0–25. Default: 0.",
            ),
        ],
    )
    def get(self, request: Request) -> Response:
        """List events in order of delivery, oldest first. Values that the reader may not see are null.

        With `Accept: application/cloudevents+json`, each result has the attributes of CloudEvents 1.0.
        """
        query = request.query_params
        types, topics = (",".join(query.getlist(name)) for name in ("types", "topics"))
        if former := ",".join(query.getlist("type")):
            types = ",".join(filter(None, [types, former]))
        selection = Selection.parse(types=types, topics=topics, types_parameter="type" if former else "types")
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
        if isinstance(request.accepted_renderer, CloudEventsRenderer):
            shown = [as_cloud_event(envelope) for envelope in shown]
        return Response({"results": shown, "head": page.head, "next_after": page.upto, "resync": page.resync})
