"""Removes copies of personal data outside the person's own records. Runs in the transaction of an erasure."""

from collections.abc import Collection, Iterable
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, Q, QuerySet
from django.utils.translation import ngettext

from smartscheduler.adminsite.models import SavedView
from smartscheduler.core.geo.locations import Location
from smartscheduler.errors import InvalidTransition
from smartscheduler.events.models import OutboxEvent
from smartscheduler.geocoding.addresses import Address
from smartscheduler.geocoding.models import GeocodedAddress
from smartscheduler.idempotency.models import KeptAnswer
from smartscheduler.imports.models import ImportRun
from smartscheduler.notifications.models import CustomerMessage, Mail
from smartscheduler.places import Point
from smartscheduler.privacy.pii_matcher import PersonPatterns
from smartscheduler.travel.geocells import cell
from smartscheduler.travel.models import TravelEstimate

BATCH = 200
CHANGES = ("changed", "previous")


def redact_events(
    rows: QuerySet[OutboxEvent], patterns: PersonPatterns, *, fields: Collection[str], **names: str
) -> int:
    """Redact events: replace `names`, set values of `fields` to null, redact matches in texts. Returns the count."""
    changed, count = [], 0
    for event in rows.order_by("position").iterator(chunk_size=BATCH):
        data = _redacted(event.data, patterns, fields) | {key: name for key, name in names.items() if key in event.data}
        if data != event.data:
            event.data = data
            changed.append(event)
        if len(changed) == BATCH:
            count += _store(changed)
            changed = []
    return count + _store(changed)


def _store(events: list[OutboxEvent]) -> int:
    OutboxEvent.objects.bulk_update(events, ["data"])
    return len(events)


def _redacted(data: dict[str, Any], patterns: PersonPatterns, fields: Collection[str]) -> dict[str, Any]:
    redacted: dict[str, Any] = patterns.redact(data)
    for part in CHANGES:
        values = redacted.get(part)
        if isinstance(values, dict):
            redacted[part] = {key: None if key in fields else _other_kind(item) for key, item in values.items()}
    return redacted


def _other_kind(value: Any) -> Any:
    """Absences of a schedule with the kind “other”, because the kind can reveal an illness."""
    if isinstance(value, list):
        return [{**item, "kind": "other"} if isinstance(item, dict) and "kind" in item else item for item in value]
    return value


def refuse_at_work(runs: Iterable[ImportRun]) -> None:
    """Raise InvalidTransition while a file that names the person is being processed: it could restore the data."""
    at_work = [run.name for run in runs if run.is_at_work]
    if at_work:
        text = ngettext(
            "A file that names this person is being processed: {files}. Wait until it is finished, or stop it.",
            "Files that name this person are being processed: {files}. Wait until they are finished, or stop them.",
            len(at_work),
        )
        raise InvalidTransition(
            text.format(files=", ".join(at_work)), extra={"from": "importing", "to": "erased", "files": at_work}
        )


def remove_imports(runs: Iterable[ImportRun]) -> int:
    """Delete the files with their rows. Partial redaction is not reliable: cells do not say whom they are about."""
    keys = [run.pk for run in runs]
    ImportRun.objects.filter(pk__in=keys).delete()
    return len(keys)


def forget_answers(patterns: PersonPatterns, ids: Iterable[UUID]) -> int:
    """Empty the stored responses of idempotent requests. Their keys stay, so that no request runs twice."""
    naming = Q()
    for record_id in ids:
        naming |= Q(body__contains=str(record_id))
    if patterns.pattern:
        naming |= Q(body__iregex=patterns.pattern)
    return KeptAnswer.objects.filter(naming).update(body="{}") if naming else 0


def forget_mails(mails: QuerySet[Mail], patterns: PersonPatterns) -> None:
    """Remove addresses and errors from messages and cancel waiting ones. Also covers other messages to the person."""
    mails.filter(state=Mail.State.WAITING).update(state=Mail.State.SKIPPED)
    mails.update(recipient="", error="")
    for email in patterns.emails:
        Mail.objects.filter(recipient__iexact=email).update(recipient="")


def forget_messages(messages: QuerySet[CustomerMessage], patterns: PersonPatterns) -> None:
    """Empty messages to a customer and cancel queued ones. Also covers other messages to the customer's addresses."""
    for email in patterns.emails:
        messages |= CustomerMessage.objects.filter(recipient__iexact=email)
    messages.filter(state=CustomerMessage.State.QUEUED).update(
        state=CustomerMessage.State.SUPPRESSED, reason=CustomerMessage.Reason.NO_CUSTOMER
    )
    messages.update(recipient="", subject="", body="", error="")


def forget_places(former: Iterable[Address], points: Iterable[Point]) -> None:
    """Delete stored geocoding results and road distances of the person's addresses."""
    GeocodedAddress.objects.filter(key__in=[address.key for address in former]).delete()
    cells = [cell(point) for point in points]
    TravelEstimate.objects.filter(Q(origin__in=cells) | Q(destination__in=cells)).delete()


def address_of(located: Location) -> Address:
    return Address(located.address, located.city, located.state, located.zip_code)


def rename_log(model: type[Model], keys: Iterable[Any], name: str) -> None:
    """Replace the names of records in the log of Django's admin."""
    kind = ContentType.objects.get_for_model(model)
    LogEntry.objects.filter(content_type=kind, object_id__in=[str(key) for key in keys]).update(object_repr=name)


def remove_views(patterns: PersonPatterns) -> int:
    """Delete saved views whose name or filters name the person."""
    naming = [
        view.pk
        for view in SavedView.objects.iterator()
        if patterns.found_in("\n".join([view.name, *(value for _, value in parse_qsl(view.query))]))
    ]
    SavedView.objects.filter(pk__in=naming).delete()
    return len(naming)
