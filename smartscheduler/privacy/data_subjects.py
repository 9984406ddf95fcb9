"""The person that a page is about, whatever kind: what is held, what stands in the way, and the two things to do."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.urls import reverse

from contractors.models import Contractor
from jobs.models import Job
from smartscheduler.accounts.models import User
from smartscheduler.errors import DomainError, PersonErased
from smartscheduler.privacy import contractor_erasure, customer_erasure, data_export, services, user_erasure
from smartscheduler.privacy.inventory import INVENTORY, Held
from smartscheduler.privacy.models import Erasure

COPIES = "What is kept of it elsewhere: history, events, mails, files that were imported, saved views, kept answers"
NOTES = "Name and number wherever somebody has written them into a reason or a note"
# What becomes of a person, in words: what goes, and what stays.
GOES = {
    "contractor": (
        "Name, telephone number, mail address, street, ZIP code and exact place",
        "Notes and kinds of absences, comments of ratings",
        NOTES,
        COPIES,
    ),
    "customer": ("Name and telephone number", "Street, ZIP code and exact place", "Notes on these jobs", NOTES, COPIES),
    "user": (
        "Name, mail address and password; the account is switched off",
        "Sessions, tokens, saved views, and from where they signed in",
        NOTES,
        COPIES,
    ),
}
STAYS = {
    "contractor": (
        "Ratings, bookings, scores, hours and periods of absence, of a “Former contractor”",
        "City and state",
    ),
    "customer": ("The jobs, their days, types, bookings and scores, of a “Former customer”", "City and state"),
    "user": ("What they did, as done by a “Former user”",),
}


@dataclass(frozen=True, kw_only=True)
class Subject:
    """`typed` is what has to be typed before anything is erased; `check` raises what would refuse it."""

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
        """How much there is of what, without what there is nothing of."""
        found = [(name.replace("_", " ").capitalize(), _count(part)) for name, part in self.parts().items()]
        return [(name, count) for name, count in found if count]

    @property
    def inventory(self) -> list[Held]:
        """What erasing does, entry by entry."""
        return [entry for entry in INVENTORY if self.kind in entry.of]

    @property
    def goes(self) -> Sequence[str]:
        return GOES[self.kind]

    @property
    def stays(self) -> Sequence[str]:
        return STAYS[self.kind]

    @property
    def obstacle(self) -> DomainError | None:
        """Why it cannot be erased now."""
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
    """Raises Contractor.DoesNotExist."""
    found = Contractor.objects.get(pk=pk)
    return Subject(
        kind="contractor",
        name=found.name,
        typed=found.name,
        back=reverse("admin:contractors_contractor_change", args=[pk]),
        parts=lambda: data_export.parts_of_contractor(found),
        check=lambda: contractor_erasure.check(found),
        export=lambda actor: data_export.export_contractor(contractor_id=pk, actor=actor),
        erase=lambda actor: services.erase_contractor(contractor_id=pk, actor=actor),
    )


def customer(keys: Sequence[UUID]) -> Subject:
    """Raises Job.DoesNotExist when one of the jobs is not there, or none is named."""
    jobs = list(Job.objects.filter(pk__in=keys).order_by("created_at", "pk"))
    if not jobs or len(jobs) != len(set(keys)):
        raise Job.DoesNotExist
    named = next((job.customer_name for job in reversed(jobs) if job.customer_name), "")
    typed = named or next((job.customer_phone for job in jobs if job.customer_phone), jobs[-1].job_number)
    ids = [job.pk for job in jobs]
    return Subject(
        kind="customer",
        name=named or "A customer without a name",
        typed=typed,
        back=reverse("personal-data"),
        parts=lambda: data_export.parts_of_customer(jobs),
        check=lambda: customer_erasure.check(jobs),
        export=lambda actor: data_export.export_customer(job_ids=ids, actor=actor),
        erase=lambda actor: services.erase_customer(job_ids=ids, actor=actor),
        jobs=jobs,
    )


def user(pk: UUID, actor: User) -> Subject:
    """Raises User.DoesNotExist."""
    found = User.objects.get(pk=pk)
    return Subject(
        kind="user",
        name=str(found),
        typed=found.name or found.email,
        back=reverse("admin:accounts_user_change", args=[pk]),
        parts=lambda: data_export.parts_of_user(found),
        check=lambda: user_erasure.check(found, actor),
        export=lambda by: data_export.export_user(user_id=pk, actor=by),
        erase=lambda by: services.erase_user(user_id=pk, actor=by),
    )
