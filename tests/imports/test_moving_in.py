"""A company moves in with three files that its office has not prepared: an empty product takes all but the faults."""

from collections import Counter
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from assignments.models import Assignment
from contractors.models import Contractor
from customers.models import Customer
from jobs.models import Job
from smartscheduler.imports.models import ImportRun
from smartscheduler.imports.tables import titles_by_column
from tests.factories import UserFactory
from tests.imports.test_imports import counts, errors
from tests.imports.test_office_files import accepted, moved_in
from tests.moving_company import BOOKINGS, CONTRACTORS, JOBS, NO_PHONE, company

PART = 10
SITES = ZoneInfo("America/Chicago")


@pytest.mark.django_db
def test_a_company_moves_in_with_three_files() -> None:
    actor = UserFactory()
    # The files are of the day at the sites.
    office = company(timezone.localdate(timezone=SITES), part=PART)
    runs: dict[str, ImportRun] = {}
    for kind, name in (
        ("contractors", "contractors.xlsx"),
        ("customers", "customers.csv"),
        ("jobs", "jobs-and-bookings.xlsx"),
    ):
        runs[kind] = moved_in(kind, name, office.files[name], actor)
    crews, customers, jobs = runs.values()

    assert counts(crews) == (CONTRACTORS // PART - office.refused_contractors, 0, 0, office.refused_contractors)
    assert {tuple(error) for error in errors(crews).values()} == {("email",)}
    assert set(Contractor.objects.values_list("type", flat=True)) == {"tile", "carpet", "flooring", "multi"}
    assert (customers.refused, customers.created) == (0, customers.total)
    assert Customer.objects.filter(notes__contains="½ day only – never Fridays").exists()

    assert errors(jobs).keys() == office.faults.keys(), errors(jobs)
    assert all(office.faults[line] in error for line, error in errors(jobs).items()), errors(jobs)
    assert jobs.created == JOBS // PART - len(office.faults)
    assert titles_by_column(jobs)["start"] == "Day, Time"
    remarks = Counter(row.remarks for row in jobs.rows.all())
    assert sum(NO_PHONE in text for text in remarks.elements()) == 3
    # Bookings with a fault are refused as a whole; all others are in the calendar.
    faulty = sum(line <= BOOKINGS // PART + 1 for line in office.faults)
    assert Assignment.objects.count() == BOOKINGS // PART - faulty
    assert Assignment.objects.filter(status="completed").exists()
    # Customers of the jobs are those of the list.
    assert Job.objects.filter(customer=None).count() == 0
    assert Customer.objects.count() == customers.total

    again = accepted("jobs", "jobs-and-bookings.xlsx", office.files["jobs-and-bookings.xlsx"], actor)
    assert (again.created, again.updated) == (0, 0)
