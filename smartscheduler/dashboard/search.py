"""Search of the header: a few jobs, customers, contractors and assignments that match a text, for a reader."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.db.models import Case, Expression, Model, Q, QuerySet, Value, When
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from assignments.models import Assignment
from contractors.models import PUBLIC_SEARCH_TEXT as PUBLIC_CONTRACTOR_TEXT
from contractors.models import SEARCH_TEXT as CONTRACTOR_TEXT
from contractors.models import Contractor
from customers.models import Customer
from jobs.models import PUBLIC_SEARCH_TEXT as PUBLIC_JOB_TEXT
from jobs.models import SEARCH_TEXT as JOB_TEXT
from jobs.models import Job
from jobs.states import BOOKED, Status
from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Permission
from smartscheduler.accounts.visibility import CONTACTS, CUSTOMERS, can_see, redact_record
from smartscheduler.core.db.search_terms import search_terms
from smartscheduler.core.db.text_search import folded
from smartscheduler.core.formatting import local_slot, local_time
from smartscheduler.core.text import normalize_search

Row = TypeVar("Row", bound=Model)

SHOWN = 5
# A shorter text has no trigram and would scan all records.
MIN_LETTERS = 3
# A text that is in almost every record, such as “JOB”, is matched in this many of them only.
MOST_MATCHES = 500


@dataclass(frozen=True)
class Hit:
    """A record that was found. `job`: the job that the board opens for it."""

    key: str
    text: str
    detail: str
    url: str
    job: str = ""


@dataclass(frozen=True)
class Group:
    """The hits of one kind, and the URL of the list with all of them when there are more."""

    key: str
    title: str
    hits: list[Hit]
    more: str


def find_everything(text: str, reader: User) -> list[Group]:
    """The groups with at least one hit. Fields that `reader` may not see are not searched.

    Four queries of at most MOST_MATCHES records each. Raises InvalidInput for a text that is too long.
    """
    terms = [normalize_search(term) for term in search_terms(text, field="q")]
    if max(map(len, terms), default=0) < MIN_LETTERS:
        return []
    groups = []
    if reader.allows(Permission.VIEW_JOBS):
        groups.append(_group(gettext("Jobs"), _jobs(terms, reader), _job, "jobs_job", text, reader))
    if can_see(reader, CUSTOMERS):
        groups.append(_group(gettext("Customers"), _customers(terms), _customer, "customers_customer", text, reader))
    if reader.allows(Permission.VIEW_CONTRACTORS):
        contractors = _contractors(terms, reader)
        groups.append(_group(gettext("Contractors"), contractors, _contractor, "contractors_contractor", text, reader))
    if reader.allows(Permission.VIEW_ASSIGNMENTS):
        bookings = _assignments(terms, reader)
        groups.append(_group(gettext("Assignments"), bookings, _assignment, "assignments_assignment", text, reader))
    return [group for group in groups if group.hits]


def _group(title: str, rows: QuerySet[Row], hit_of: Callable[[Any], Hit], model: str, text: str, reader: User) -> Group:
    records = list(rows[: SHOWN + 1])
    for record in records:
        redact_record(record, reader)
    more = f"{reverse(f'admin:{model}_changelist')}?{urlencode({'q': text})}" if len(records) > SHOWN else ""
    return Group(model, title, [hit_of(record) for record in records[:SHOWN]], more)


def _jobs(terms: list[str], reader: User) -> QuerySet[Job]:
    """Open jobs first, then booked ones, then the others; the latest desired date first."""
    matching = _with_terms(
        Job.objects.all(), terms, JOB_TEXT, PUBLIC_JOB_TEXT, is_limited=not can_see(reader, CUSTOMERS)
    )
    rank = Case(When(status=Status.OPEN, then=Value(0)), When(status__in=BOOKED, then=Value(1)), default=Value(2))
    return Job.objects.filter(pk__in=_some(matching)).order_by(rank, "-desired_date", "pk")


def _customers(terms: list[str]) -> QuerySet[Customer]:
    """Customers with these words in any spelling, those with the latest change first."""
    matching = Customer.objects.with_words(*terms)
    rows = Customer.objects.filter(pk__in=_some(matching)).order_by("-updated_at", "pk")
    return rows.prefetch_related("phones", "addresses")


def _contractors(terms: list[str], reader: User) -> QuerySet[Contractor]:
    """Contractors whose name begins with the text first."""
    limited = not can_see(reader, CONTACTS)
    matching = _with_terms(Contractor.objects.all(), terms, CONTRACTOR_TEXT, PUBLIC_CONTRACTOR_TEXT, is_limited=limited)
    rank = Case(When(folded_name__istartswith=terms[0], then=Value(0)), default=Value(1))
    rows = Contractor.objects.alias(folded_name=folded("name")).filter(pk__in=_some(matching))
    return rows.order_by(rank, "name", "pk")


def _assignments(terms: list[str], reader: User) -> QuerySet[Assignment]:
    """Assignments of these jobs and contractors, the next ones first."""
    matching = Assignment.objects.all()
    for term in terms:
        matching = matching.of_words(term, reader)
    rows = Assignment.objects.filter(pk__in=_some(matching)).next_first(timezone.now())
    return rows.select_related("job", "contractor")


def _with_terms(
    rows: QuerySet[Any], terms: list[str], text: Expression, public_text: Expression, *, is_limited: bool
) -> QuerySet[Any]:
    """The rows that contain every term; with `is_limited`, in the text that every role may search."""
    is_match = Q()
    for term in terms:
        is_match &= Q(search_text__icontains=term)
        if is_limited:
            is_match &= Q(public_search_text__icontains=term)
    matching: QuerySet[Any] = rows.alias(search_text=text, public_search_text=public_text).filter(is_match)
    return matching


def _some(rows: QuerySet[Row]) -> QuerySet[Row, Any]:
    return rows.order_by().values("pk")[:MOST_MATCHES]


def _job(job: Job) -> Hit:
    place = f"{job.address}, {job.city}, {job.state}" if job.address else f"{job.city}, {job.state}"
    facts = [job.job_number, job.get_status_display(), local_time(job.desired_date, job.zone)]
    page = "recommend" if job.status == Status.OPEN else "change"
    return Hit(
        key=f"job-{job.pk}",
        text=" · ".join(filter(None, [job.customer_name, f"{job.get_type_display()}, {place}"])),
        detail=" · ".join(facts),
        url=reverse(f"admin:jobs_job_{page}", args=[job.pk]),
        job=str(job.pk),
    )


def _customer(customer: Customer) -> Hit:
    addresses = list(customer.addresses.all())[:1]
    company = customer.company if customer.name else ""
    return Hit(
        key=f"customer-{customer.pk}",
        text=" · ".join(filter(None, [str(customer), company])),
        detail=" · ".join(filter(None, [customer.contact_phone, *map(str, addresses)])),
        url=reverse("admin:customers_customer_change", args=[customer.pk]),
    )


def _contractor(contractor: Contractor) -> Hit:
    place = f"{contractor.city}, {contractor.state}"
    return Hit(
        key=f"contractor-{contractor.pk}",
        text=contractor.name,
        detail=" · ".join([contractor.get_type_display(), place, contractor.get_status_display()]),
        url=reverse("admin:contractors_contractor_change", args=[contractor.pk]),
    )


def _assignment(assignment: Assignment) -> Hit:
    job = assignment.job
    return Hit(
        key=f"assignment-{assignment.pk}",
        text=f"{assignment.contractor.name}: {local_slot(assignment.slot, job.zone)}",
        detail=" · ".join([job.job_number, f"{job.city}, {job.state}", assignment.get_status_display()]),
        url=reverse("admin:assignments_assignment_change", args=[assignment.pk]),
        job=str(job.pk),
    )
