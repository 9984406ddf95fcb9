"""Customers who are likely the same as one that is entered: same name, phone number, email address or street."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple
from uuid import UUID

from django.db.models import Prefetch, Q
from django.utils.translation import gettext

from customers.models import Customer, CustomerAddress, CustomerPhone
from customers.querysets import CustomerQuerySet
from customers.search_text import name_key
from smartscheduler.core.entry.phone_numbers import parse_phone

MOST_DUPLICATES = 10
# The reasons, the strongest first.
REASONS = ("phone", "email", "name", "address")


class Duplicate(NamedTuple):
    """A customer, and what is the same: `phone`, `email`, `name`, `address`."""

    customer: Customer
    same: list[str]

    @property
    def shown_reasons(self) -> str:
        """What is the same, as text for a page."""
        titles = {
            "phone": gettext("same phone number"),
            "email": gettext("same email address"),
            "name": gettext("same name"),
            "address": gettext("same address"),
        }
        return ", ".join(titles[reason] for reason in self.same)


def find_duplicates(
    *,
    name: str = "",
    phones: Iterable[str] = (),
    email: str = "",
    streets: Sequence[tuple[str, str]] = (),
    exclude: UUID | None = None,
) -> list[Duplicate]:
    """Up to ten likely duplicates, those with most in common first. `streets` are pairs of street and ZIP code.

    Up to four queries, each with an index and at most ten rows.
    """
    reasons: dict[UUID, list[str]] = {}
    for reason, customers in _queries(name, list(phones), email, streets):
        others = (customers.exclude(pk=exclude) if exclude else customers).order_by("-updated_at", "pk")
        for key in others.values_list("pk", flat=True)[:MOST_DUPLICATES]:
            reasons.setdefault(key, []).append(reason)
    best = sorted(reasons, key=lambda key: (-len(reasons[key]), REASONS.index(reasons[key][0]), key))[:MOST_DUPLICATES]
    rows = with_details(Customer.objects.filter(pk__in=best)).in_bulk()
    return [Duplicate(rows[key], reasons[key]) for key in best if key in rows]


def duplicates_of(customer: Customer) -> list[Duplicate]:
    """The likely duplicates of a stored customer."""
    return find_duplicates(
        name=customer.contact_name,
        phones=[phone.number for phone in customer.phones.all()],
        email=customer.email,
        streets=[(address.address, address.zip_code) for address in customer.addresses.all()],
        exclude=customer.pk,
    )


def with_details(customers: CustomerQuerySet) -> CustomerQuerySet:
    """The customers with their phone numbers, addresses and preferences loaded, in three more queries."""
    return customers.prefetch_related(
        "phones", Prefetch("addresses", CustomerAddress.objects.order_by("-created_at", "id")), "preferences"
    )


def _queries(
    name: str, phones: list[str], email: str, streets: Sequence[tuple[str, str]]
) -> Iterator[tuple[str, CustomerQuerySet]]:
    current = Customer.objects.current()
    numbers = [typed.number for phone in phones if (typed := parse_phone(phone))]
    if numbers:
        yield "phone", current.filter(pk__in=CustomerPhone.objects.filter(number__in=numbers).values("customer"))
    if email:
        yield "email", current.with_email_or([email], Q())
    if name:
        yield "name", Customer.objects.with_key(name_key(name))
    for street, zip_code in streets[:MOST_DUPLICATES]:
        yield (
            "address",
            current.filter(search_text__icontains=name_key(street), addresses__zip_code=zip_code).distinct(),
        )
