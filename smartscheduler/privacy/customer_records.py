"""The records of a customer: found by the jobs, named in patterns, exported, and erased."""

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from django.db.models import Q

from customers.models import Customer, CustomerAddress, CustomerPhone, Preference
from customers.search_text import search_text
from jobs.models import Job
from smartscheduler.places import Point
from smartscheduler.privacy import copy_erasure
from smartscheduler.privacy.contractor_erasure import addresses_of, coarse_place, points_of
from smartscheduler.privacy.history_rewrite import former_values, history_of, rewrite, rewrite_history

FIELDS = ("name", "company", "email", "external_id", "notes")
PLACE = ("address", "zip_code", "latitude", "longitude")


def records_of(jobs: Iterable[Job]) -> list[Customer]:
    """The customers of these jobs who have no other job, with the records that were merged into them."""
    keys = [job.pk for job in jobs]
    customers = Customer.objects.filter(jobs__in=keys)
    others = Job.objects.exclude(pk__in=keys).filter(customer__in=customers.values("pk"))
    whole = list(customers.exclude(pk__in=others.values("customer")).values_list("pk", flat=True))
    return with_merged(whole)


def with_merged(keys: Collection[UUID]) -> list[Customer]:
    return list(Customer.objects.filter(Q(pk__in=keys) | Q(merged_into__in=keys)).order_by("pk"))


def people_in(customers: Collection[Customer]) -> dict[str, set[str]]:
    """Present and former names, phone numbers and email addresses of the records."""
    keys = [customer.pk for customer in customers]
    former = former_values(Customer, keys, "name", "company", "email")
    numbers: Any = history_of(CustomerPhone)._base_manager.filter(Q(("customer_id__in", keys)))
    return {
        "names": {*former["name"], *former["company"]}
        | {name for row in customers for name in (row.name, row.company)},
        "emails": {*former["email"], *(row.email for row in customers)},
        "phones": {
            *numbers.values_list("number", flat=True),
            *CustomerPhone.objects.filter(customer__in=keys).values_list("number", flat=True),
        },
    }


def exported(customers: Collection[Customer], rows: Any) -> dict[str, Any]:
    """The parts of an export. `rows` turns a queryset into plain values."""
    keys = [customer.pk for customer in customers]
    return {
        "customers": rows(Customer.objects.filter(pk__in=keys)),
        "phone_numbers": rows(CustomerPhone.objects.filter(customer__in=keys)),
        "addresses": rows(CustomerAddress.objects.filter(customer__in=keys)),
        "preferences": rows(Preference.objects.filter(customer__in=keys)),
    }


def forget_places(customers: Collection[Customer]) -> None:
    """Delete geocoded addresses and road distances of the addresses."""
    addresses = list(CustomerAddress.objects.filter(customer__in=customers))
    former = former_values(CustomerAddress, [address.pk for address in addresses], *PLACE)
    points: list[Point] = [*(address.exact_point for address in addresses), *points_of(former)]
    copy_erasure.forget_places(addresses_of(addresses, former), points)


def erase(customers: Collection[Customer], pseudonym: str) -> None:
    """Erase locked records: the pseudonym stays, phone numbers, addresses and all else goes. Inside `deliberately`."""
    keys = [customer.pk for customer in customers]
    values = {**dict.fromkeys(FIELDS, ""), "name": pseudonym}
    text = search_text(name=pseudonym, company="", email="", reference="", phones=(), streets=())
    rewrite(Customer.objects.filter(pk__in=keys), **values, search_text=text, accepts_texts=False)
    rewrite_history(Customer, keys, values)
    CustomerPhone.objects.filter(customer__in=keys).delete()
    rewrite_history(CustomerPhone, keys, {"number": "", "extension": ""}, column="customer_id")
    Preference.objects.filter(customer__in=keys).delete()
    Job.objects.filter(customer__in=keys).update(
        customer_address=None, preferred_contractors=[], refused_contractors=[]
    )
    CustomerAddress.objects.filter(customer__in=keys).delete()
    rewrite_history(CustomerAddress, keys, coarse_place(), column="customer_id")
