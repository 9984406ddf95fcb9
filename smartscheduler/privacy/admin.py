"""Button *Personal data* on the pages of contractors, customers, jobs with a customer, and accounts."""

from collections.abc import Iterator
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from contractors.models import Contractor
from customers.models import Customer
from jobs.models import Job
from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Permission
from smartscheduler.adminsite import registry
from smartscheduler.adminsite.buttons import Button, Weight
from smartscheduler.adminsite.permissions import may


@registry.buttons(Contractor)
def of_contractor(request: HttpRequest, contractor: Contractor) -> Iterator[Button]:
    if may(request, Permission.MANAGE_PERSONAL_DATA):
        yield _button(reverse("personal-data-contractor", args=[contractor.pk]))


@registry.buttons(Job)
def of_customer(request: HttpRequest, job: Job) -> Iterator[Button]:
    if may(request, Permission.MANAGE_PERSONAL_DATA) and (job.customer_name or job.customer_phone):
        customer = {"name": job.customer_name, "phone": job.customer_phone}
        yield _button(f"{reverse('personal-data')}?{urlencode(customer)}")


@registry.buttons(Customer)
def of_record(request: HttpRequest, customer: Customer) -> Iterator[Button]:
    if may(request, Permission.MANAGE_PERSONAL_DATA) and customer.merged_into_id is None:
        yield _button(f"{reverse('personal-data-customer')}?{urlencode({'customer': customer.pk})}")


@registry.buttons(User)
def of_user(request: HttpRequest, user: User) -> Iterator[Button]:
    if may(request, Permission.MANAGE_PERSONAL_DATA):
        yield _button(reverse("personal-data-user", args=[user.pk]))


def _button(url: str) -> Button:
    return Button(label=_("Personal data"), icon="shield_person", url=url, weight=Weight.TRAILING)
