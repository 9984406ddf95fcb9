"""Admin pages of records with a location: local times, an address in one line, and coordinates from the ZIP code."""

from datetime import tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any, cast
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextInputWidget

from smartscheduler.adminsite.service_forms import ServiceForm
from smartscheduler.core.db.text_fields import LineFormField
from smartscheduler.core.entry import UnreadableText
from smartscheduler.core.geo.address_lines import LONGEST_TEXT, read_address
from smartscheduler.core.geo.locations import Location
from smartscheduler.core.geo.zip_codes import middle_of, state_of
from smartscheduler.geocoding.lookup import is_configured
from smartscheduler.places import Point, time_zone_at, validate_time_zone, zone

POSTAL = ("address", "city", "state", "zip_code")
PLACE = [("address", "city"), ("state", "zip_code")]
NEW_PLACE = ["place_line", *PLACE]
# Most users never open this section.
EXACT_PLACE = (
    _("Coordinates and time zone"),
    {"fields": [("latitude", "longitude"), "time_zone"], "classes": ["collapse"]},
)


class PlaceForm(ServiceForm):
    """Splits an address in one line, and derives the coordinates from the ZIP code if both are empty.

    `guessed_from` is the ZIP code whose center the coordinates are. Parts of the address that are filled in stay.
    """

    place_line = LineFormField(
        required=False,
        max_length=LONGEST_TEXT,
        label=_("Address in one line"),
        help_text=_("For example 464 Juniper Cir, Renton, WA 98055. City and state can be left out."),
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "data-preview": ""}),
    )
    guessed_from = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.line_problem = ""
        if not self.instance._state.adding:
            self.fields.pop("place_line", None)
        elif self.is_bound:
            self.data, self.line_problem = with_parts(cast(QueryDict, self.data))
            for name in POSTAL:
                # The line is to be corrected, so the empty parts are no further errors.
                self.fields[name].required = not self.line_problem
        for name in {"latitude", "longitude"} & self.fields.keys():
            self.fields[name].required = False
            self.fields[name].help_text = gettext("In degrees. Leave both empty to use the center of the ZIP code.")

    def known_point(self, values: dict[str, Any]) -> Point | None:
        """The exact point of an address that another record has; None if unknown."""
        return None

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        values.pop("place_line", None)
        if self.line_problem:
            if "place_line" not in self.errors:
                self.add_error("place_line", self.line_problem)
            return super().clean()
        if {"latitude", "longitude"} <= values.keys() and "zip_code" in values:
            self._locate(values)
        return super().clean()

    def _locate(self, values: dict[str, Any]) -> None:
        missing = [name for name in ("latitude", "longitude") if values[name] is None]
        known = self.known_point(values) if len(missing) == 2 else None
        center = middle_of(values["zip_code"]) if len(missing) == 2 else None
        if known:
            values["latitude"], values["longitude"] = (Decimal(str(degrees)) for degrees in known)
        elif center:
            values["latitude"], values["longitude"] = center.latitude, center.longitude
            self.guessed_from = values["zip_code"]
        else:
            unknown = len(missing) == 2 and state_of(values["zip_code"])
            message = (
                gettext("The location of this ZIP code is unknown. Enter the coordinates.")
                if unknown
                else gettext("This field is required.")
            )
            for name in missing:
                self.add_error(name, message)


class PlacedAdmin(ModelAdmin):
    """Shows and parses all times of a form in local time of the record's location, or of the location just entered."""

    # Whether a worker looks up the address of a new record, if a geocoder is configured.
    is_geocoded = False

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        place = self.get_object(request, object_id) if object_id else None
        posted = request.POST if place else with_parts(request.POST)[0]
        with timezone.override(clock_of(posted, place)):
            response = super().changeform_view(request, object_id, form_url, extra_context)
            # Render here: a lazy response would be rendered after the time zone is reset.
            return response.render() if isinstance(response, TemplateResponse) else response

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if form.guessed_from:
            exact = gettext(
                "The coordinates are the center of ZIP code {zip_code}. "
                "For exact distances, enter the coordinates of the address."
            )
            awaited = gettext(
                "The coordinates are the center of ZIP code {zip_code} until the geocoder has found the address."
            )
            text = awaited if self.is_geocoded and not change and is_configured() else exact
            messages.info(request, text.format(zip_code=form.guessed_from))


def with_parts(posted: QueryDict) -> tuple[QueryDict, str]:
    """The values of a form with the empty parts of the address taken from its line, and what is wrong with the line."""
    line = posted.get("place_line", "").strip()
    if not line:
        return posted, ""
    try:
        parts = read_address(line)
    except UnreadableText as refusal:
        return posted, str(refusal)
    typed = {name: posted.get(name, "").strip() for name in POSTAL}
    if any(text and text.casefold() != getattr(parts, name).casefold() for name, text in typed.items()):
        return posted, gettext("This address and the fields below it differ. Correct or empty one of them.")
    completed = posted.copy()
    for name, text in typed.items():
        completed[name] = text or getattr(parts, name)
    return completed, ""


def clock_of(posted: QueryDict, place: Location | None) -> tzinfo:
    """Time zone of the submitted form: the entered one, else that of the coordinates, else that of the record."""
    return known_clock(posted, place) or ZoneInfo("UTC")


def known_clock(posted: QueryDict, place: Location | None) -> tzinfo | None:
    """As `clock_of`; None for a new record without a location."""
    named = posted.get("time_zone", "")
    if named and named != (place.time_zone if place else ""):
        try:
            validate_time_zone(named)
        except ValidationError:
            return place.zone if place else None
        return zone(named)
    point = _posted_point(posted)
    if point and not (place and point == place.point):
        return zone(time_zone_at(point))
    return place.zone if place else None


def _posted_point(posted: QueryDict) -> Point | None:
    coordinates = posted.get("latitude", "").strip(), posted.get("longitude", "").strip()
    if not any(coordinates):
        center = middle_of(posted.get("zip_code", ""))
        return center.point if center else None
    try:
        latitude, longitude = map(Decimal, coordinates)
    except InvalidOperation:
        return None
    if not (latitude.is_finite() and longitude.is_finite() and abs(latitude) <= 90 and abs(longitude) <= 180):
        return None
    return Point(float(latitude), float(longitude))
