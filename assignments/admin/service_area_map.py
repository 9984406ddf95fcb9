"""Context for the service area of a contractor: base, radius and upcoming sites, for the map and as text."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse

from contractors.admin.columns import radius_in_words
from contractors.models import Contractor
from smartscheduler.accounts.visibility import redact_record, seen_by
from smartscheduler.core.formatting import local_slot
from smartscheduler.core.geo.blur import places_are_blurred
from smartscheduler.places import Origin

MOST_SITES = 50


def service_area(contractor: Contractor, now: datetime) -> dict[str, Any]:
    """Template context; `area` is the JSON for the map (degrees and miles; a radius of null means no limit).

    Places are blurred and fields are hidden as far as the reader of `contractor` must not see them.
    """
    bookings = list(
        contractor.assignments.live().upcoming(now).select_related("job").order_by("time_slot", "pk")[:MOST_SITES]
    )
    if (reader := seen_by(contractor)) is not None:
        for booking in bookings:
            redact_record(booking.job, reader)
    base, radius = contractor.point, contractor.service_radius_miles
    origin = Origin(base)
    sites = [
        {
            "name": booking.job.job_number,
            "at": list(booking.job.point),
            "status": booking.status,
            "where": f"{booking.job.city}, {booking.job.state}",
            "when": local_slot(booking.slot, booking.job.zone),
            "miles": f"{origin.miles_to(booking.job.point):.1f}",
            "url": reverse("admin:assignments_assignment_change", args=[booking.pk]),
        }
        for booking in bookings
    ]
    area = {
        "base": {"name": contractor.name, "at": list(base), "where": f"{contractor.city}, {contractor.state}"},
        "radius": None if radius is None else float(radius),
        "sites": sites,
    }
    return {
        "area": area,
        "contractor": contractor,
        "sites": sites,
        "radius": radius_in_words(contractor),
        "approximate": places_are_blurred(),
        "tile_url": settings.MAP_TILE_URL,
        "tile_attribution": settings.MAP_TILE_ATTRIBUTION,
    }
