"""Tabs of the customer page: all bookings of the customer's jobs, and the ratings after them."""

from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext

from assignments.admin.rows import MOVES, lines
from assignments.models import Assignment
from contractors.models import Rating
from customers.models import Customer
from jobs.models import Job
from smartscheduler.accounts.visibility import redact_record
from smartscheduler.adminsite import registry
from smartscheduler.adminsite.permissions import person
from smartscheduler.adminsite.registry import record_url
from smartscheduler.adminsite.tabs import Tab, page_of


@registry.tab(Customer)
def bookings(request: HttpRequest, customer: Customer) -> Tab:
    rows = Assignment.objects.filter(job__customer=customer.pk).select_related("job", "contractor")
    page = page_of(request, "assignments", rows.next_first(timezone.now()))
    back = f"{record_url(customer, 'change')}#assignments"
    return Tab(
        name="assignments",
        title=gettext("Assignments"),
        template="admin/assignments/assignments_panel.html",
        context={"page": page, "lines": lines(page, person(request), back, ("confirm", *MOVES))},
        count=page.paginator.count,
    )


@registry.tab(Customer)
def ratings(request: HttpRequest, customer: Customer) -> Tab:
    jobs = Job.objects.filter(customer=customer.pk)
    rows = Rating.objects.filter(job_id__in=jobs.values("pk")).select_related("given_by").order_by("-created_at", "-pk")
    page = page_of(request, "ratings", rows)
    by_id = jobs.in_bulk([rating.job_id for rating in page if rating.job_id])
    shown = [
        (redact_record(rating, person(request)), by_id.get(rating.job_id) if rating.job_id else None) for rating in page
    ]
    address = customer.addresses.first()
    return Tab(
        name="ratings",
        title=gettext("Ratings"),
        template="admin/assignments/ratings.html",
        context={"page": page, "ratings": shown, "counted": 0, "zone": address.zone if address else ZoneInfo("UTC")},
    )
