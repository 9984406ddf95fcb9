"""Extensions of the contractor page: tabs of assignments and ratings, and the map of the service area."""

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from assignments.admin.record_tabs import assignments_tab, ratings_with_jobs
from assignments.admin.service_area_map import service_area
from contractors.models import Contractor, Rating
from smartscheduler.adminsite import registry
from smartscheduler.adminsite.permissions import person
from smartscheduler.adminsite.tabs import Tab, page_of


@registry.section(Contractor, _("Service area"))
@display(description=_("Map"))
def area(contractor: Contractor) -> SafeString:
    context = service_area(contractor, timezone.now())
    return mark_safe(render_to_string("admin/assignments/area.html", context))  # noqa: S308  (a template's own output)


@registry.tab(Contractor)
def bookings(request: HttpRequest, contractor: Contractor) -> Tab:
    return assignments_tab(request, contractor, contractor.assignments.select_related("job"))


@registry.tab(Contractor)
def ratings(request: HttpRequest, contractor: Contractor) -> Tab:
    rows = Rating.objects.filter(contractor=contractor).order_by("-created_at", "-pk")
    rows = rows.select_related("given_by", "contractor")
    page = page_of(request, "ratings", rows)
    shown = ratings_with_jobs(page, person(request))
    # The stored zone: `contractor` can have a time zone that a user has just entered and that does not exist.
    zone = next((rating.contractor.zone for rating in page), None)
    return Tab(
        name="ratings",
        title=gettext("Ratings"),
        template="admin/assignments/ratings.html",
        context={"page": page, "ratings": shown, "counted": contractor.rating_count, "zone": zone},
    )
