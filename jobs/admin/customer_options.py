"""Customers suggested while a name, a phone number or an address is typed, with their addresses and last jobs."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from customers.models import Customer
from jobs.models import Job
from smartscheduler.accounts.permissions import Permission
from smartscheduler.adminsite.permissions import require
from smartscheduler.core.formatting import local_day
from smartscheduler.core.geo.locations import Location
from smartscheduler.core.text import normalize_search

# A shorter text would match most customers, and the index has no use for it.
FEWEST_LETTERS, LONGEST_SEARCH = 3, 100
MOST_CUSTOMERS, MOST_ADDRESSES, MOST_OPTIONS = 8, 3, 12
PLACE = ("address", "city", "state", "zip_code")


@dataclass(frozen=True)
class Option:
    """A customer at one of their addresses, with the last job there or elsewhere."""

    customer: Customer
    address: Location | None
    last_job: Job | None

    @property
    def place(self) -> str:
        return "" if self.address is None else str(self.address)

    @property
    def last_day(self) -> str:
        return local_day(self.last_job.desired_date, self.last_job.zone) if self.last_job else ""

    @property
    def values(self) -> str:
        """Values of the form's fields by name, as JSON."""
        contact = {
            "customer": str(self.customer.pk),
            "customer_name": self.customer.contact_name,
            "customer_phone": self.customer.contact_phone,
        }
        site = {name: getattr(self.address, name) for name in PLACE} if self.address else {}
        return json.dumps(contact | site | ({"place_line": self.place} if site else {}))


def customers_like(text: str) -> list[Option]:
    """Customers with each word in the name, a phone number, the email address or a street; one row per address.

    Three queries: the customers, their phone numbers and addresses, and their jobs.
    """
    text = normalize_search(text)
    if not FEWEST_LETTERS <= len(text) <= LONGEST_SEARCH:
        return []
    terms = [text] if any(letter.isdigit() for letter in text) and not any(map(str.isalpha, text)) else text.split()
    latest = Job.objects.order_by("-desired_date", "pk")
    customers = Customer.objects.with_words(*terms).order_by("-updated_at", "pk")
    rows = customers.prefetch_related("phones", "addresses", Prefetch("jobs", latest, to_attr="latest_jobs"))
    return [option for customer in rows[:MOST_CUSTOMERS] for option in _options(customer)][:MOST_OPTIONS]


def _options(customer: Customer) -> Iterator[Option]:
    jobs: list[Job] = customer.latest_jobs  # type: ignore[attr-defined]  # prefetched above
    last = {job.customer_address_id: job for job in reversed(jobs)}
    addresses = sorted(
        customer.addresses.all(),
        key=lambda address: last[address.pk].desired_date.timestamp() if address.pk in last else 0.0,
        reverse=True,
    )
    for address in addresses[:MOST_ADDRESSES]:
        yield Option(customer, address, last.get(address.pk))
    if not addresses:
        yield Option(customer, None, jobs[0] if jobs else None)


def options(request: HttpRequest) -> HttpResponse:
    """The customers like `?q=`, as options of a list box, for users who may see customers and add jobs."""
    require(request, Permission.ADD_JOBS)
    require(request, Permission.VIEW_CUSTOMERS)
    context = {"customers": customers_like(request.GET.get("q", ""))}
    return TemplateResponse(request, "admin/jobs/customer_options.html", context)
