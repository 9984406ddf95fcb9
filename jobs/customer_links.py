"""The customer of a job: chosen by id, or found or made from a typed name and phone number."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext

from customers import services
from customers.models import Customer, CustomerAddress
from jobs.models import Job
from smartscheduler.accounts.models import User
from smartscheduler.errors import InvalidInput

CONTACT = ("customer_name", "customer_phone")
PLACE = ("address", "city", "state", "zip_code", "latitude", "longitude", "time_zone")


def link_new(job: Job, *, actor: User | None) -> None:
    """Link a new job, whose values are checked, to its customer and to one of the customer's addresses."""
    if job.customer_id:
        _choose(job, job.customer_id, job.customer_name, job.customer_phone)
    elif job.customer_name or job.customer_phone:
        _link(job, services.find_or_create(name=job.customer_name, phone=job.customer_phone, place=job, actor=actor))
    _link_address(job, chosen=job.customer_address_id is not None)


def link_changed(job: Job, was: Mapping[str, Any], changes: Mapping[str, Any], *, actor: User | None) -> None:
    """Link a job whose fields named in `changes` have new values. `was`: the link and the contact before.

    A changed name or phone number corrects the customer who has no other job, unless it is another customer's.
    """
    typed = {name: changes[name] for name in CONTACT if name in changes}
    if changes.get("customer_id"):
        _choose(job, changes["customer_id"], typed.get("customer_name", ""), typed.get("customer_phone", ""))
    elif "customer_id" in changes and not any(typed.values()):
        job.customer, job.customer_name, job.customer_phone = None, "", ""
    elif all(was[name] == text for name, text in typed.items()):
        job.customer_id = was["customer_id"]
    else:
        _link_typed(job, was["customer_id"], actor)
    is_moved = any(getattr(job, name) != was[name] for name in (*PLACE, "customer_address_id") if name in changes)
    if is_moved or job.customer_id != was["customer_id"]:
        _link_address(job, chosen="customer_address_id" in changes)


def _choose(job: Job, customer_id: UUID, name: str, phone: str) -> None:
    customer = _current(customer_id)
    for field, text, own in (
        ("customer_name", name, customer.contact_name),
        ("customer_phone", phone, customer.contact_phone),
    ):
        if text and text != own:
            message = gettext(
                "The customer has another value. Leave this field out, or leave out the customer to find one by name."
            )
            raise InvalidInput.of(field, message)
    _link(job, customer)


def _current(customer_id: UUID) -> Customer:
    """The customer with this id, or the one that it was merged into."""
    customer = Customer.objects.select_related("merged_into").filter(pk=customer_id).first()
    if customer is None:
        raise InvalidInput.of("customer", gettext("There is no customer with this ID."))
    return customer.merged_into or customer


def _link_typed(job: Job, present_id: UUID | None, actor: User | None) -> None:
    """Link the job to the customer with the typed name and phone number."""
    name, phone = job.customer_name, job.customer_phone
    if not (name or phone):
        job.customer = None
        return
    present = Customer.objects.filter(pk=present_id).first() if present_id else None
    certain = services.certain_matches(name=name, phone=phone, place=job)
    if present and certain in ([], [present]) and not present.jobs.exclude(pk=job.pk).exists():
        _link(job, services.correct_contact(present.pk, name=name, phone=phone))
    elif len(certain) == 1:
        _link(job, certain[0])
    else:
        _link(job, services.create_from_contact(name=name, phone=phone, actor=actor))


def _link(job: Job, customer: Customer) -> None:
    job.customer, job.customer_name, job.customer_phone = customer, customer.contact_name, customer.contact_phone


def _link_address(job: Job, *, chosen: bool = False) -> None:
    """Link the job to the address of its customer: the chosen one, or the one at the site, which is added if new."""
    if job.customer is None:
        job.customer_address = None
        return
    if not chosen or job.customer_address_id is None:
        job.customer_address = services.address_at(job.customer, job)
    elif not CustomerAddress.objects.filter(pk=job.customer_address_id, customer=job.customer).exists():
        raise InvalidInput.of("customer_address", gettext("This is no address of the customer."))
