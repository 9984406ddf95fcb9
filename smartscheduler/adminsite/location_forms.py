"""Admin pages of records with a location: local times, and coordinates derived from the ZIP code."""

from datetime import tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext
from unfold.admin import ModelAdmin

from smartscheduler.adminsite.service_forms import ServiceForm
from smartscheduler.core.geo.locations import Location
from smartscheduler.core.geo.zip_codes import middle_of, state_of
from smartscheduler.places import Point, time_zone_at, validate_time_zone, zone

PLACE = [("address", "city"), ("state", "zip_code"), ("latitude", "longitude"), "time_zone"]


class PlaceForm(ServiceForm):
    """Derives the coordinates from the ZIP code if both are empty; then `guessed_from` is that ZIP code."""

    guessed_from = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in {"latitude", "longitude"} & self.fields.keys():
            self.fields[name].required = False
            self.fields[name].help_text = gettext("In degrees. Leave both empty to use the center of the ZIP code.")

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        if {"latitude", "longitude"} <= values.keys() and "zip_code" in values:
            self._locate(values)
        return super().clean()

    def _locate(self, values: dict[str, Any]) -> None:
        missing = [name for name in ("latitude", "longitude") if values[name] is None]
        center = middle_of(values["zip_code"]) if len(missing) == 2 else None
        if center:
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

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        place = self.get_object(request, object_id) if object_id else None
        with timezone.override(clock_of(request.POST, place)):
            response = super().changeform_view(request, object_id, form_url, extra_context)
            # Render here: a lazy response would be rendered after the time zone is reset.
            return response.render() if isinstance(response, TemplateResponse) else response

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if form.guessed_from:
            text = gettext(
                "The coordinates are the center of ZIP code {zip_code}. "
                "For exact distances, enter the coordinates of the address."
            )
            messages.info(request, text.format(zip_code=form.guessed_from))


def clock_of(posted: QueryDict, place: Location | None) -> tzinfo:
    """Time zone of the submitted form: the entered one, else that of the coordinates, else that of the record."""
    named = posted.get("time_zone", "")
    if named and named != (place.time_zone if place else ""):
        try:
            validate_time_zone(named)
        except ValidationError:
            return place.zone if place else ZoneInfo("UTC")
        return zone(named)
    point = _posted_point(posted)
    if point and not (place and point == place.point):
        return zone(time_zone_at(point))
    return place.zone if place else ZoneInfo("UTC")


def _posted_point(posted: QueryDict) -> Point | None:
    coordinates = posted.get("latitude", "").strip(), posted.get("longitude", "").strip()
    if not any(coordinates):
        center = middle_of(posted.get("zip_code", ""))
        return Point(float(center.latitude), float(center.longitude)) if center else None
    try:
        latitude, longitude = map(Decimal, coordinates)
    except InvalidOperation:
        return None
    if not (latitude.is_finite() and longitude.is_finite() and abs(latitude) <= 90 and abs(longitude) <= 180):
        return None
    return Point(float(latitude), float(longitude))
