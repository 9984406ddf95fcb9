"""What is left of a person beside their own records, and how it goes. For the open transaction of an erasure."""

from collections.abc import Collection, Iterable
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, Q, QuerySet

from smartscheduler.adminsite.models import SavedView
from smartscheduler.core.geo.locations import Location
from smartscheduler.errors import InvalidTransition
from smartscheduler.events.models import OutboxEvent
from smartscheduler.geocoding.addresses import Address
from smartscheduler.geocoding.models import GeocodedAddress
from smartscheduler.idempotency.models import KeptAnswer
from smartscheduler.imports.models import ImportRun
from smartscheduler.notifications.models import Mail
from smartscheduler.places import Point
from smartscheduler.privacy.pii_matcher import PersonPatterns
from smartscheduler.travel.geocells import cell
from smartscheduler.travel.models import TravelEstimate

BATCH = 200
CHANGES = ("changed", "previous")


def blot_events(rows: QuerySet[OutboxEvent], patterns: PersonPatterns, *, fields: Collection[str], **names: str) -> int:
    """Of these events: other names, null for the values of `fields`, and no match of the person in any text."""
    changed, count = [], 0
    for event in rows.order_by("position").iterator(chunk_size=BATCH):
        data = _blotted(event.data, patterns, fields) | {key: name for key, name in names.items() if key in event.data}
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


def _blotted(data: dict[str, Any], patterns: PersonPatterns, fields: Collection[str]) -> dict[str, Any]:
    found: dict[str, Any] = patterns.redact(data)
    for part in CHANGES:
        values = found.get(part)
        if isinstance(values, dict):
            found[part] = {key: None if key in fields else _other_kind(item) for key, item in values.items()}
    return found


def _other_kind(value: Any) -> Any:
    """Absences in a schedule, without why."""
    if isinstance(value, list):
        return [{**one, "kind": "other"} if isinstance(one, dict) and "kind" in one else one for one in value]
    return value


def refuse_at_work(runs: Iterable[ImportRun]) -> None:
    """Raise InvalidTransition while a file that names the person is being worked on: it would bring them back."""
    at_work = [run.name for run in runs if run.is_at_work]
    if at_work:
        raise InvalidTransition(
            f"A file that names this person is being worked on: {', '.join(at_work)}. Wait, or stop it.",
            extra={"from": "importing", "to": "erased", "files": at_work},
        )


def remove_imports(runs: Iterable[ImportRun]) -> int:
    """Whole, with the rows: nobody could say any more what of a file is whose."""
    keys = [run.pk for run in runs]
    ImportRun.objects.filter(pk__in=keys).delete()
    return len(keys)


def forget_answers(patterns: PersonPatterns, ids: Iterable[UUID]) -> int:
    """Empty the answers that are kept for repeated requests; the keys stay, so that none is carried out twice."""
    wanted = Q()
    for one in ids:
        wanted |= Q(body__contains=str(one))
    if patterns.pattern:
        wanted |= Q(body__iregex=patterns.pattern)
    return KeptAnswer.objects.filter(wanted).update(body="{}") if wanted else 0


def forget_mails(mails: QuerySet[Mail], patterns: PersonPatterns) -> None:
    """What was sent keeps no address; what waits is not sent. The same for what went to the person for others."""
    mails.filter(state=Mail.State.WAITING).update(state=Mail.State.SKIPPED)
    mails.update(recipient="", error="")
    for email in patterns.emails:
        Mail.objects.filter(recipient__iexact=email).update(recipient="")


def forget_places(former: Iterable[Address], points: Iterable[Point]) -> None:
    """What geocoders and road providers have said of places where somebody lives."""
    GeocodedAddress.objects.filter(key__in=[one.key for one in former]).delete()
    cells = [cell(point) for point in points]
    TravelEstimate.objects.filter(Q(origin__in=cells) | Q(destination__in=cells)).delete()


def address_of(located: Location) -> Address:
    return Address(located.address, located.city, located.state, located.zip_code)


def rename_log(model: type[Model], keys: Iterable[Any], name: str) -> None:
    """Django's own log says what a record was called."""
    kind = ContentType.objects.get_for_model(model)
    LogEntry.objects.filter(content_type=kind, object_id__in=[str(key) for key in keys]).update(object_repr=name)


def remove_views(patterns: PersonPatterns) -> int:
    """Saved views that look for the person."""
    naming = [
        view.pk
        for view in SavedView.objects.iterator()
        if patterns.found_in("\n".join([view.name, *(value for _, value in parse_qsl(view.query))]))
    ]
    SavedView.objects.filter(pk__in=naming).delete()
    return len(naming)
