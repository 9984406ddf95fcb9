"""Admin pages of records that have a place: clocks show its time, and a ZIP code can stand for the coordinates."""

from datetime import tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.template.response import TemplateResponse
from django.utils import timezone
from unfold.admin import ModelAdmin

from smartscheduler.adminsite.service_forms import ServiceForm
from smartscheduler.core.geo.locations import Location
from smartscheduler.core.geo.zip_codes import middle_of, state_of
from smartscheduler.places import Point, time_zone_at, validate_time_zone, zone

PLACE = [("address", "city"), ("state", "zip_code"), ("latitude", "longitude"), "time_zone"]


class PlaceForm(ServiceForm):
    """Finds the coordinates by the ZIP code when both are left empty; `guessed_from` is that ZIP code."""

    guessed_from = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in {"latitude", "longitude"} & self.fields.keys():
            self.fields[name].required = False
            self.fields[name].help_text = "Degrees; leave both empty to take the middle of the ZIP code."

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        if {"latitude", "longitude"} <= values.keys() and "zip_code" in values:
            self._locate(values)
        return super().clean()

    def _locate(self, values: dict[str, Any]) -> None:
        missing = [name for name in ("latitude", "longitude") if values[name] is None]
        found = middle_of(values["zip_code"]) if len(missing) == 2 else None
        if found:
            values["latitude"], values["longitude"] = found.latitude, found.longitude
            self.guessed_from = values["zip_code"]
        else:
            unknown = len(missing) == 2 and state_of(values["zip_code"])
            message = (
                "It is not known where this ZIP code is: enter the coordinates."
                if unknown
                else "This field is required."
            )
            for name in missing:
                self.add_error(name, message)


class PlacedAdmin(ModelAdmin):
    """Reads and shows every instant of a form by the clock at the record's place, or at the place just entered."""

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
            # Rendered here, or the page would be drawn after the clock has been put back.
            return response.render() if isinstance(response, TemplateResponse) else response

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if form.guessed_from:
            where = f"The coordinates are the middle of ZIP code {form.guessed_from}"
            messages.info(request, f"{where}: enter those of the address where some miles matter.")


def clock_of(posted: QueryDict, place: Location | None) -> tzinfo:
    """The zone of what was posted: the one named, else the one at the coordinates, else that of the record."""
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
    given = posted.get("latitude", "").strip(), posted.get("longitude", "").strip()
    if not any(given):
        found = middle_of(posted.get("zip_code", ""))
        return Point(float(found.latitude), float(found.longitude)) if found else None
    try:
        latitude, longitude = map(Decimal, given)
    except InvalidOperation:
        return None
    if not (latitude.is_finite() and longitude.is_finite() and abs(latitude) <= 90 and abs(longitude) <= 180):
        return None
    return Point(float(latitude), float(longitude))
