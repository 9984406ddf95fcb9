"""Form fields for records that are chosen by typing: contractors of a plan, those left out, bookings that stay.

A field sends one id for each record, and the detail of a record as `<field>-<id>`. The server renders the options of
the list box, each with the row that it adds.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from assignments.models import Assignment
from assignments.states import MOVABLE
from contractors.models import Contractor
from recommendations.admin.candidate_cards import named
from recommendations.planning.states import Lock
from smartscheduler.accounts.models import User
from smartscheduler.core.formatting import local_slot
from smartscheduler.core.ids import parse_id
from smartscheduler.core.text import LazyText, UnsuitableText, many_lines

# Records of a field, options of a list box, and characters of a search and of a reason.
MOST_CHOSEN, MOST_OFFERED, LONGEST_SEARCH, LONGEST_REASON = 100, 8, 100, 500


@dataclass(frozen=True)
class Offer:
    """A record that can be chosen: its name, and what tells it from others."""

    pk: UUID
    name: str
    hint: str


@dataclass(frozen=True, kw_only=True)
class Source:
    """The records of a field: those that match a text, and those with given ids. `nothing` says that no one matches."""

    matching: Callable[[str, User], Sequence[Offer]]
    with_ids: Callable[[Collection[UUID]], Sequence[Offer]]
    nothing: LazyText


@dataclass(frozen=True, kw_only=True)
class Detail:
    """What belongs to each record: a choice, or a text if there are no choices. `label` has a `{name}`."""

    label: LazyText
    missing: LazyText
    choices: Sequence[tuple[str, LazyText]] = ()
    default: str = ""


@dataclass(frozen=True)
class Sent:
    """What a form has sent: a detail for each id, and a text that was typed without a choice."""

    details: Mapping[str, str] = field(default_factory=dict)
    typed: str = ""


class RecordsInput(forms.Widget):
    """Rows of chosen records above an input with suggestions (frontend/backoffice/chosen-records.ts)."""

    template_name = "admin/planning/chosen_records.html"

    def __init__(self, source: Source, detail: Detail | None) -> None:
        super().__init__()
        self.source, self.detail = source, detail

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Sent:
        ids = list(dict.fromkeys(filter(None, data.getlist(name))))[: MOST_CHOSEN + 1]
        details = {text: data.get(f"{name}-{text}", "") for text in ids}
        return Sent(details, data.get(f"{name}-typed", "").strip())

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return False

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        sent = value if isinstance(value, Sent) else Sent()
        details = {pk: detail for text, detail in sent.details.items() if (pk := parse_id(text))}
        rows = {offer.pk: offer for offer in self.source.with_ids(details)} if details else {}
        context = super().get_context(name, sent.typed, attrs)
        return context | {
            "field": name,
            "address": reverse("admin:planning_plan_choices", args=[name]),
            "rows": [row_of(rows[pk], self.detail, detail) for pk, detail in details.items() if pk in rows],
        }


def row_of(offer: Offer, detail: Detail | None, present: str = "") -> dict[str, Any]:
    """Context of a row: the record, and the control of its detail with the value that it has."""
    label = str(detail.label).format(name=offer.name) if detail else ""
    choices = [(value, text, value == present) for value, text in detail.choices] if detail else []
    return {"offer": offer, "detail": detail, "label": label, "choices": choices, "present": present}


class RecordsField(forms.Field):
    """Chosen records as a mapping of their ids to their details. Ids without a record are left to the service."""

    widget: RecordsInput

    def __init__(self, *, source: Source, detail: Detail | None = None, **kwargs: Any) -> None:
        super().__init__(required=False, widget=RecordsInput(source, detail), **kwargs)
        self.source, self.detail = source, detail

    def clean(self, value: Sent) -> dict[UUID, str]:
        if value.typed:
            message = gettext("“{text}” is not selected. Choose it from the suggestions, or delete the text.")
            raise ValidationError(message.format(text=value.typed[:LONGEST_SEARCH]))
        if len(value.details) > MOST_CHOSEN:
            message = gettext("Choose at most {most}. A plan with more is requested through the API.")
            raise ValidationError(message.format(most=MOST_CHOSEN))
        return {self._id(text): self._detail(text, detail) for text, detail in value.details.items()}

    def _id(self, text: str) -> UUID:
        pk = parse_id(text)
        if pk is None:
            raise ValidationError(gettext("“{text}” is not an id.").format(text=text[:40]))
        return pk

    def _detail(self, text: str, typed: str) -> str:
        """The detail of the record with this id. Raises ValidationError, which names the record."""
        if self.detail is None:
            return ""
        if self.detail.choices:
            if typed not in dict(self.detail.choices):
                raise ValidationError(self._about(text, str(self.detail.missing)))
            return typed
        try:
            reason = many_lines(typed[: 2 * LONGEST_REASON])
        except UnsuitableText as refusal:
            raise ValidationError(self._about(text, str(refusal))) from refusal
        if not reason:
            raise ValidationError(self._about(text, str(self.detail.missing)))
        if len(reason) > LONGEST_REASON:
            message = gettext("The reason has at most {most} characters.").format(most=LONGEST_REASON)
            raise ValidationError(self._about(text, message))
        return reason

    def _about(self, text: str, message: str) -> str:
        pk = parse_id(text)
        offers = self.source.with_ids([pk]) if pk else []
        return gettext("{name}: {message}").format(name=offers[0].name if offers else text[:40], message=message)


def _contractors(contractors: Any) -> list[Offer]:
    return [
        Offer(
            contractor.pk, contractor.name, f"{contractor.city}, {contractor.state} · {contractor.get_type_display()}"
        )
        for contractor in contractors
    ]


def _bookings(bookings: Any) -> list[Offer]:
    text = gettext("{contractor}, {slot}")
    return [
        Offer(
            booking.pk,
            booking.job.job_number,
            text.format(contractor=booking.contractor.name, slot=local_slot(booking.slot, booking.job.zone)),
        )
        for booking in bookings.select_related("job", "contractor")
    ]


def _bookings_that_match(q: str, reader: User) -> list[Offer]:
    bookings = Assignment.objects.filter(status__in=MOVABLE).upcoming(timezone.now())
    for word in q.split():
        bookings = bookings.of_words(word, reader)
    return _bookings(bookings.order_by("time_slot", "pk")[:MOST_OFFERED])


CONTRACTORS = Source(
    matching=lambda q, reader: _contractors(named(q, reader).filter(status="active")[:MOST_OFFERED]),
    with_ids=lambda ids: _contractors(Contractor.objects.filter(pk__in=ids)),
    nothing=_("No active contractor has this name."),
)
BOOKINGS = Source(
    matching=_bookings_that_match,
    with_ids=lambda ids: _bookings(Assignment.objects.filter(pk__in=ids)),
    nothing=_("No coming booking matches."),
)
REASON = Detail(label=_("Reason why {name} is left out"), missing=_("Enter a reason."))
LOCK = Detail(
    label=_("What stays of the booking of {name}"),
    missing=_("Choose what stays."),
    choices=Lock.choices,
    default=Lock.CONTRACTOR_AND_TIME.value,
)


def options(request: HttpRequest, name: str, fields: Mapping[str, forms.Field]) -> HttpResponse:
    """The records that match `?q=`, as options of the list box of the field with this name."""
    chosen = fields.get(name)
    if not isinstance(chosen, RecordsField):
        raise Http404
    q = request.GET.get("q", "").strip()
    is_searchable = q and len(q) <= LONGEST_SEARCH and "\x00" not in q  # PostgreSQL does not accept NUL in text
    user = request.user
    offers = chosen.source.matching(q, user) if is_searchable and isinstance(user, User) else []
    default = chosen.detail.default if chosen.detail else ""
    context = {
        "field": name,
        "rows": [row_of(offer, chosen.detail, default) for offer in offers],
        "nothing": chosen.source.nothing,
    }
    return TemplateResponse(request, "admin/planning/record_options.html", context)
