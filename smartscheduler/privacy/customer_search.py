"""Finding a customer, who is no record of their own: a name and a number on jobs, however they are written."""

from collections.abc import Collection, Iterable
from typing import NamedTuple
from uuid import UUID

from django.db.models import Q

from jobs.models import Job
from jobs.states import TRANSITIONS
from smartscheduler.errors import InvalidInput
from smartscheduler.privacy.pii_matcher import digits_of, plain_name

MOST_JOBS = 1000


class Found(NamedTuple):
    """A job that may be of the customer, and by what it was found: `name`, `phone` or both."""

    job: Job
    by: tuple[str, ...]

    @property
    def is_over(self) -> bool:
        return is_over(self.job)


def is_over(job: Job) -> bool:
    """Completed or cancelled: nothing comes after it."""
    return not TRANSITIONS[job.status]


def find_customer(*, name: str = "", phone: str = "") -> list[Found]:
    """The jobs that have this name or this number, newest first: it is for a person to say which are meant.

    Names are the same whatever their case, accents, punctuation, titles and the order of their words.
    Raises InvalidInput without either, for a number without ten digits, and for more than a thousand jobs.
    """
    wanted, digits = plain_name(name), digits_of(phone)
    if phone.strip() and not digits:
        raise InvalidInput.of("phone", "A telephone number has ten digits.")
    if not wanted and not digits:
        raise InvalidInput.of("name", "Give a name, a telephone number, or both.")
    same = _spellings(wanted) if wanted else set()
    number = f"({digits[:3]}) {digits[3:6]}-{digits[6:]}" if digits else None
    jobs = Job.objects.filter(customer_name__in=same)
    if number:
        jobs |= Job.objects.filter(customer_phone=number)
    found = list(jobs.order_by("-created_at", "id")[: MOST_JOBS + 1])
    if len(found) > MOST_JOBS:
        raise InvalidInput(f"More than {MOST_JOBS:,} jobs: give the telephone number alone.")
    return [Found(job, tuple(_by(job, same, number))) for job in found]


def _spellings(wanted: str) -> set[str]:
    """The names on jobs that are this one; all of them are looked at, which is seldom done and takes a second."""
    names = Job.objects.exclude(customer_name="").order_by().values_list("customer_name", flat=True).distinct()
    return {name for name in names.iterator() if plain_name(name) == wanted}


def _by(job: Job, names: Collection[str], number: str | None) -> Iterable[str]:
    if job.customer_name in names:
        yield "name"
    if number and job.customer_phone == number:
        yield "phone"


def jobs_named(given: Iterable[str]) -> list[UUID]:
    """The ids of jobs given by id or number. Raises InvalidInput for one that nobody knows."""
    found = []
    for text in given:
        key = _uuid(text)
        job = Job.objects.filter(Q(pk=key) if key else Q(job_number=text.upper())).first()
        if job is None:
            raise InvalidInput.of("jobs", f"There is no job {text}.")
        found.append(job.pk)
    return found


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
