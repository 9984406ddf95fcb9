"""Customers of earlier jobs, suggested while a name, a phone number or an address is typed."""

import json
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from jobs.models import SEARCH_TEXT, Job
from smartscheduler.accounts.permissions import Permission
from smartscheduler.adminsite.permissions import require
from smartscheduler.core.entry.phone_numbers import stored_part
from smartscheduler.core.text import fold, normalize_search

# A shorter text would match most jobs, and the index has no use for it.
FEWEST_LETTERS, LONGEST_SEARCH = 3, 100
JOBS_READ, MOST_CUSTOMERS = 60, 8
FILLED = ("customer_name", "customer_phone", "address", "city", "state", "zip_code")


@dataclass(frozen=True)
class Customer:
    """The customer and the site of their last job."""

    job: Job

    @property
    def address(self) -> str:
        return f"{self.job.address}, {self.job.city}, {self.job.state} {self.job.zip_code}"

    @property
    def values(self) -> str:
        """Values of the form's fields by name, as JSON."""
        return json.dumps({name: getattr(self.job, name) for name in FILLED} | {"place_line": self.address})


def customers_like(text: str) -> list[Customer]:
    """The customers of the newest jobs whose name, phone number or address contains each word; one row per site."""
    text = normalize_search(text)
    if not FEWEST_LETTERS <= len(text) <= LONGEST_SEARCH:
        return []
    phone = stored_part(text)
    jobs = Job.objects.alias(search_text=SEARCH_TEXT)
    for word in [phone] if phone != text or text.isdigit() else text.split():
        jobs = jobs.filter(search_text__icontains=word)
    customers: dict[tuple[str, ...], Customer] = {}
    for job in jobs.exclude(customer_name="", customer_phone="").order_by("-created_at", "id")[:JOBS_READ]:
        key = fold(job.customer_name), job.customer_phone, fold(job.address), job.zip_code
        customers.setdefault(key, Customer(job))
    return list(customers.values())[:MOST_CUSTOMERS]


def options(request: HttpRequest) -> HttpResponse:
    """The customers like `?q=`, as options of a list box, for users who may see customers and add jobs."""
    require(request, Permission.ADD_JOBS)
    require(request, Permission.VIEW_CUSTOMERS)
    context = {"customers": customers_like(request.GET.get("q", ""))}
    return TemplateResponse(request, "admin/jobs/customer_options.html", context)
