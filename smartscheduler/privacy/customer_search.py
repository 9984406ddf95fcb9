"""Search for a customer by name and phone number on jobs, in any spelling. Customers have no record of their own."""

from collections.abc import Collection, Iterable
from typing import NamedTuple
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext

from jobs.models import Job
from jobs.states import TRANSITIONS
from smartscheduler.core.entry.phone_numbers import compact_number, parse_phone
from smartscheduler.errors import InvalidInput
from smartscheduler.privacy.pii_matcher import plain_name

MOST_JOBS = 1000


class CustomerMatch(NamedTuple):
    """A job that may belong to the customer, and what matched: `name`, `phone` or both."""

    job: Job
    by: tuple[str, ...]

    @property
    def is_over(self) -> bool:
        return is_over(self.job)


def is_over(job: Job) -> bool:
    """Whether the job is in a final state: completed or canceled."""
    return not TRANSITIONS[job.status]


def find_customer(*, name: str = "", phone: str = "") -> list[CustomerMatch]:
    """Jobs with this name or phone number, newest first. An administrator then chooses the right ones.

    Names match regardless of case, accents, punctuation, titles and word order. Raises InvalidInput without name and
    phone number, for a text that is no number, and for more than MOST_JOBS jobs.
    """
    plain, typed = plain_name(name), parse_phone(phone.strip())
    if phone.strip() and not typed:
        raise InvalidInput.of("phone", gettext("Enter a phone number with ten digits, or with + and the country code."))
    if not plain and not typed:
        raise InvalidInput.of("name", gettext("Enter a name, a phone number, or both."))
    same = _spellings(plain) if plain else set()
    number = compact_number(typed.number) if typed else None
    jobs = Job.objects.filter(customer_name__in=same)
    if number:
        jobs |= Job.objects.filter(customer_phone=number)
    matches = list(jobs.order_by("-created_at", "id")[: MOST_JOBS + 1])
    if len(matches) > MOST_JOBS:
        text = gettext("More than {most} jobs match. Search by phone number only.")
        raise InvalidInput(text.format(most=f"{MOST_JOBS:,}"))
    return [CustomerMatch(job, tuple(_by(job, same, number))) for job in matches]


def _spellings(plain: str) -> set[str]:
    """All spellings of a plain name on jobs. Scans all names, which takes about a second and is rarely needed."""
    names = Job.objects.exclude(customer_name="").order_by().values_list("customer_name", flat=True).distinct()
    return {name for name in names.iterator() if plain_name(name) == plain}


def _by(job: Job, names: Collection[str], number: str | None) -> Iterable[str]:
    if job.customer_name in names:
        yield "name"
    if number and job.customer_phone == number:
        yield "phone"


def jobs_named(names: Iterable[str]) -> list[UUID]:
    """Ids of jobs from ids or job numbers. Raises InvalidInput for an unknown job."""
    ids = []
    for text in names:
        key = _uuid(text)
        job = Job.objects.filter(Q(pk=key) if key else Q(job_number=text.upper())).first()
        if job is None:
            raise InvalidInput.of("jobs", gettext("There is no job {job}.").format(job=text))
        ids.append(job.pk)
    return ids


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
