"""Person of a personal data page (contractor, customer or user): stored data, obstacles, export and erasure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from contractors.models import Contractor
from customers.models import Customer
from jobs.models import Job
from smartscheduler.accounts.models import User
from smartscheduler.core.text import LazyText
from smartscheduler.errors import DomainError, PersonErased
from smartscheduler.privacy import contractor_erasure, customer_erasure, data_export, services, user_erasure
from smartscheduler.privacy.inventory import INVENTORY, Held
from smartscheduler.privacy.models import Erasure

COPIES = _("Copies in the history, events, messages, imported files, saved views and stored API responses")
NOTES = _("Name and phone number in reasons and notes")
# What an erasure removes, and what it keeps.
GOES: dict[str, tuple[LazyText, ...]] = {
    "contractor": (
        _("Name, phone number, email address, street, ZIP code and exact location"),
        _("Notes and kinds of absences, comments of ratings"),
        NOTES,
        COPIES,
    ),
    "customer": (
        _("Name and phone number"),
        _("Street, ZIP code and exact location"),
        _("Notes on these jobs"),
        NOTES,
        COPIES,
    ),
    "user": (
        _("Name, email address and password; the account is deactivated"),
        _("Sessions, tokens, saved views and sign-in addresses"),
        NOTES,
        COPIES,
    ),
}
STAYS: dict[str, tuple[LazyText, ...]] = {
    "contractor": (
        _("Ratings, bookings, scores, working hours and periods of absence, under “Former contractor”"),
        _("City and state"),
    ),
    "customer": (
        _("The jobs with their dates, types, bookings and scores, under “Former customer”"),
        _("City and state"),
    ),
    "user": (_("The user's actions, under “Former user”"),),
}


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A person. `typed`: text that must be entered to confirm the erasure. `check` raises the reason of a refusal."""

    kind: str
    name: str
    typed: str
    back: str
    parts: Callable[[], dict[str, Any]]
    check: Callable[[], None]
    export: Callable[[User], data_export.Document]
    erase: Callable[[User], Erasure]
    jobs: Sequence[Job] = ()

    @property
    def held(self) -> list[tuple[str, int]]:
        """Number of stored entries by kind, without empty kinds."""
        counts = [(name.replace("_", " ").capitalize(), _count(part)) for name, part in self.parts().items()]
        return [(name, count) for name, count in counts if count]

    @property
    def inventory(self) -> list[Held]:
        """Entries of the inventory for this kind of person, with the effect of an erasure."""
        return [entry for entry in INVENTORY if self.kind in entry.of]

    @property
    def goes(self) -> Sequence[LazyText]:
        return GOES[self.kind]

    @property
    def stays(self) -> Sequence[LazyText]:
        return STAYS[self.kind]

    @property
    def obstacle(self) -> DomainError | None:
        """Reason why the person cannot be erased now, or None."""
        try:
            self.check()
        except DomainError as refusal:
            return refusal
        return None

    @property
    def is_erased(self) -> bool:
        return isinstance(self.obstacle, PersonErased)


def _count(part: Any) -> int:
    return len(part) if isinstance(part, list) else 1


def contractor(pk: UUID) -> Subject:
    """The person of a contractor. Raises Contractor.DoesNotExist."""
    record = Contractor.objects.get(pk=pk)
    return Subject(
        kind="contractor",
        name=record.name,
        typed=record.name,
        back=reverse("admin:contractors_contractor_change", args=[pk]),
        parts=lambda: data_export.parts_of_contractor(record),
        check=lambda: contractor_erasure.check(record),
        export=lambda actor: data_export.export_contractor(contractor_id=pk, actor=actor),
        erase=lambda actor: services.erase_contractor(contractor_id=pk, actor=actor),
    )


def customer(keys: Sequence[UUID]) -> Subject:
    """The customer of these jobs. Raises Job.DoesNotExist for an unknown job or an empty list."""
    jobs = list(Job.objects.filter(pk__in=keys).order_by("created_at", "pk"))
    if not jobs or len(jobs) != len(set(keys)):
        raise Job.DoesNotExist
    named = next((job.customer_name for job in reversed(jobs) if job.customer_name), "")
    typed = named or next((job.customer_phone for job in jobs if job.customer_phone), jobs[-1].job_number)
    ids = [job.pk for job in jobs]
    return Subject(
        kind="customer",
        name=named or gettext("Customer without a name"),
        typed=typed,
        back=reverse("personal-data"),
        parts=lambda: data_export.parts_of_customer(jobs),
        check=lambda: customer_erasure.check(jobs),
        export=lambda actor: data_export.export_customer(job_ids=ids, actor=actor),
        erase=lambda actor: services.erase_customer(job_ids=ids, actor=actor),
        jobs=jobs,
    )


def customer_record(pk: UUID) -> Subject:
    """The customer with this record. Raises Customer.DoesNotExist."""
    record = Customer.objects.get(pk=pk)
    jobs = list(Job.objects.filter(customer=pk).order_by("created_at", "pk"))

    def check() -> None:
        customer_erasure.check_record(pk)
        customer_erasure.check(jobs)

    return Subject(
        kind="customer",
        name=str(record),
        typed=record.contact_name or record.contact_phone or str(record),
        back=reverse("admin:customers_customer_change", args=[pk]),
        parts=lambda: data_export.parts_of_customer(jobs, record),
        check=check,
        export=lambda actor: data_export.export_customer_record(customer_id=pk, actor=actor),
        erase=lambda actor: services.erase_customer(customer_id=pk, actor=actor),
        jobs=jobs,
    )


def user(pk: UUID, actor: User) -> Subject:
    """The person of an account. Raises User.DoesNotExist."""
    account = User.objects.get(pk=pk)
    return Subject(
        kind="user",
        name=str(account),
        typed=account.name or account.email,
        back=reverse("admin:accounts_user_change", args=[pk]),
        parts=lambda: data_export.parts_of_user(account),
        check=lambda: user_erasure.check(account, actor),
        export=lambda by: data_export.export_user(user_id=pk, actor=by),
        erase=lambda by: services.erase_user(user_id=pk, actor=by),
    )
