"""Where a contractor is based, how far they go, and where they are expected: for a map, and in words."""

from datetime import datetime
from typing import Any

from django.urls import reverse

from contractors.admin.columns import radius_in_words
from contractors.models import Contractor
from smartscheduler.accounts.visibility import redact_record, seen_by
from smartscheduler.core.formatting import local_slot
from smartscheduler.core.geo.blur import places_are_blurred
from smartscheduler.places import Origin

MOST_SITES = 50


def service_area(contractor: Contractor, now: datetime) -> dict[str, Any]:
    """`area` is what the script draws (degrees and miles; no radius means anywhere), the rest says it in words.

    No place is told more exactly than whoever sees the contractor may know it.
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
    }
