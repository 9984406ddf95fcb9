"""What a form would read from the typed text, shown beside its fields while it is filled in. Nothing is written."""

import json
from collections.abc import Collection, Iterable, Iterator
from datetime import tzinfo
from typing import Any, NamedTuple

from django.core.exceptions import PermissionDenied, ValidationError
from django.forms.utils import from_current_timezone
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from smartscheduler.adminsite.location_forms import POSTAL, PlacedAdmin, known_clock, with_parts
from smartscheduler.core.entry import UnreadableText
from smartscheduler.core.entry.durations import read_duration, write_duration
from smartscheduler.core.entry.moments import Direction, Edge, read_day, read_moment
from smartscheduler.core.entry.phone_numbers import SHOWN, parse_phone, shown_number
from smartscheduler.core.entry.spellings import known_spelling, similar_name
from smartscheduler.core.formatting import local_time, long_date
from smartscheduler.core.geo.address_lines import read_address, write_address
from smartscheduler.places import MIDDLE, validate_time_zone
from smartscheduler.timeslots import is_past

MOST_SKILLS = 50


class Understood(NamedTuple):
    """The meaning of a text as a sentence, or with `is_problem` the reason why it has none.

    `fixes` are pairs of typed text and its replacement.
    """

    text: str
    is_problem: bool = False
    fixes: tuple[tuple[str, str], ...] = ()


class PreviewAdmin(PlacedAdmin):
    """ModelAdmin whose form shows beside each field what it has understood (frontend/backoffice/entry.ts)."""

    class Media:
        js = ("entry.js",)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.preview_view))
        name = f"{self.opts.app_label}_{self.opts.model_name}_preview"
        return [path("preview/", view, name=name), *super().get_urls()]

    def known_skills(self) -> list[str]:
        """The skills to suggest."""
        raise NotImplementedError

    def previews(self, posted: QueryDict, zone: tzinfo | None) -> Iterator[tuple[str, Understood]]:
        """The meaning of each filled field, by name. `zone` is the time zone of the location; None while unknown."""
        if line := posted.get("place_line", "").strip():
            yield "place_line", of_address(line)

    def preview_view(self, request: HttpRequest) -> HttpResponse:
        """POST: the texts of a form; the answer has the meaning of each text, and the parts of an address line."""
        if not (self.has_add_permission(request) or self.has_change_permission(request)):
            raise PermissionDenied
        posted, _problem = with_parts(request.POST)
        zone = known_clock(posted, None)
        with timezone.override(zone or timezone.get_default_timezone()):
            fields = {name: meaning._asdict() for name, meaning in self.previews(posted, zone)}
        return JsonResponse({"fields": fields, "parts": _parts(request.POST.get("place_line", ""))})

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        if self.has_change_permission(request, obj) if obj else self.has_add_permission(request):
            context["known_skills"] = json.dumps(self.known_skills())
        return super().render_change_form(request, context, add, change, form_url, obj)


def _parts(line: str) -> dict[str, str]:
    try:
        parts = read_address(line)._asdict()
    except UnreadableText:
        return {}
    return {name: parts[name] for name in POSTAL}


def of_address(line: str) -> Understood:
    try:
        parts = read_address(line)
    except UnreadableText as refusal:
        return Understood(str(refusal), is_problem=True)
    return Understood(" ".join([f"{write_address(parts)}.", *parts.notes]))


def read_date(request: HttpRequest) -> HttpResponse:
    """GET `text`: what a field of a form would read from it; `kind` is `day` or `moment`, `zone` its time zone."""
    query = request.GET
    text, name = query.get("text", "").strip(), query.get("zone", MIDDLE.key)
    try:
        validate_time_zone(name)
        edge = Edge(query["edge"]) if "edge" in query else None
        direction = Direction(query.get("direction", Direction.AHEAD.value))
    except (ValidationError, ValueError):
        return JsonResponse({}, status=400)
    with timezone.override(name):
        meaning = of_day(text, direction) if query.get("kind") == "day" else of_time(text, edge)
    return JsonResponse((meaning if text else Understood(""))._asdict())


def of_day(text: str, direction: Direction) -> Understood:
    try:
        return Understood(long_date(read_day(text, today=timezone.localdate(), direction=direction)))
    except UnreadableText as refusal:
        return Understood(str(refusal), is_problem=True)


def of_time(text: str, edge: Edge | None) -> Understood:
    """A date and time, which may be past, in the current time zone."""
    zone = timezone.get_current_timezone()
    try:
        reading = read_moment(text, now=timezone.now(), zone=zone, edge=edge)
        instant = from_current_timezone(reading.moment)
    except UnreadableText as refusal:
        return Understood(str(refusal), is_problem=True)
    except ValidationError as refusal:
        return Understood(" ".join(refusal.messages), is_problem=True)
    return Understood(" ".join([f"{local_time(instant, zone)}.", *reading.notes]))


def of_moment(text: str, zone: tzinfo | None, edge: Edge | None = None) -> Understood:
    """The date and time with weekday and time zone. The current time zone is that of the location.

    With `edge` the time can be left out, as in a MomentField.
    """
    now, here = timezone.now(), zone or timezone.get_current_timezone()
    try:
        reading = read_moment(text, now=now, zone=here, edge=edge)
    except UnreadableText as refusal:
        return Understood(str(refusal), is_problem=True)
    if zone is None:
        day = local_time(reading.moment.replace(tzinfo=here), here).rpartition(" ")[0]
        message = gettext("{moment}. Enter the address to see the time zone of the site.")
        return Understood(message.format(moment=day))
    try:
        instant = from_current_timezone(reading.moment)
    except ValidationError as refusal:
        return Understood(" ".join(refusal.messages), is_problem=True)
    if is_past(instant, zone, now=now) if edge is Edge.NOON else instant < now:
        message = gettext("{moment} is in the past. Enter a later date or time.")
        return Understood(message.format(moment=local_time(instant, zone)), is_problem=True)
    return Understood(" ".join([f"{local_time(instant, zone)}.", *reading.notes]))


def of_duration(text: str) -> Understood:
    try:
        return Understood(write_duration(read_duration(text)))
    except UnreadableText as refusal:
        return Understood(str(refusal), is_problem=True)


def of_phone(text: str, *, any_country: bool = False) -> Understood:
    typed = parse_phone(text)
    if typed and not typed.extension:
        shown = shown_number(typed.number)
        if any_country or SHOWN.fullmatch(shown):
            return Understood(shown)
    if any_country:
        message = gettext("Enter ten digits, for example 512 555 0143, or + and the country code.")
    else:
        message = gettext("Enter ten digits, for example 512 555 0143.")
    return Understood(message, is_problem=True)


def of_skills(text: str, known: Collection[str]) -> Understood:
    """The skills that no contractor has, each with the most similar known one."""
    unknown = unknown_skills([name.strip() for name in text.split(",") if name.strip()][:MOST_SKILLS], known)
    if not unknown:
        return Understood("")
    fixes = tuple((name, similar) for name, similar in unknown if similar)
    return Understood(" ".join(question(name, similar) for name, similar in unknown), is_problem=True, fixes=fixes)


def unknown_skills(names: Iterable[str], known: Collection[str]) -> list[tuple[str, str]]:
    """The names that are not `known`, each with the most similar known name or an empty string."""
    return [(name, similar_name(name, known)) for name in names if not known_spelling(name, known)]


def question(name: str, similar: str) -> str:
    if similar:
        text = gettext("No contractor has the skill “{name}”. Did you mean “{similar}”?")
        return text.format(name=name, similar=similar)
    return gettext("No contractor has the skill “{name}” yet.").format(name=name)
