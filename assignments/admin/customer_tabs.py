"""Tabs of the customer page: all bookings of the customer's jobs, and the ratings after them."""

from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.utils.translation import gettext

from assignments.admin.record_tabs import assignments_tab, ratings_with_jobs
from assignments.models import Assignment
from contractors.models import Rating
from customers.models import Customer
from jobs.models import Job
from smartscheduler.adminsite import registry
from smartscheduler.adminsite.permissions import person
from smartscheduler.adminsite.tabs import Tab, page_of


@registry.tab(Customer)
def bookings(request: HttpRequest, customer: Customer) -> Tab:
    rows = Assignment.objects.filter(job__customer=customer.pk).select_related("job", "contractor")
    return assignments_tab(request, customer, rows)


@registry.tab(Customer)
def ratings(request: HttpRequest, customer: Customer) -> Tab:
    jobs = Job.objects.filter(customer=customer.pk)
    rows = Rating.objects.filter(job_id__in=jobs.values("pk")).select_related("given_by").order_by("-created_at", "-pk")
    page = page_of(request, "ratings", rows)
    shown = ratings_with_jobs(page, person(request))
    address = customer.addresses.first()
    return Tab(
        name="ratings",
        title=gettext("Ratings"),
        template="admin/assignments/ratings.html",
        context={"page": page, "ratings": shown, "counted": 0, "zone": address.zone if address else ZoneInfo("UTC")},
    )
