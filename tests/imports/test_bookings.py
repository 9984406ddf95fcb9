"""Bookings and past work in files of jobs: through the services of bookings, and without messages."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from assignments.models import Assignment
from assignments.services import record_past_work
from contractors.models import Contractor, Rating
from customers.models import Customer
from jobs.models import Job
from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Role
from smartscheduler.errors import InvalidInput
from smartscheduler.events.models import OutboxEvent
from smartscheduler.imports import runner
from smartscheduler.imports.bookings import read_status
from smartscheduler.imports.export_rows import HEADINGS, job_cells
from smartscheduler.imports.export_views import EXPORTERS
from smartscheduler.imports.models import ImportRun
from smartscheduler.imports.services import import_checked
from smartscheduler.notifications.enqueue import collect_mails
from smartscheduler.notifications.models import CustomerMessage, Mail
from tests.factories import ContractorFactory, JobFactory, UserFactory, at
from tests.imports.test_imports import checked, counts, errors, finished, imported, taken_in

pytestmark = pytest.mark.django_db
HEAD = "external_id,type,desired_date,duration,address,city,state,zip_code,customer_name,contractor,start,status,rating"
SITE = "100 Congress Avenue,Austin,TX,78701,Grace Hill"


@pytest.fixture
def actor() -> User:
    return UserFactory()


@pytest.fixture
def ann() -> Contractor:
    return ContractorFactory(name="Ann Tiles", email="ann@example.com", external_id="C-1", type="multi")


def row(number: str, who: str, status: str = "", *, days: int = 9, hour: int = 9, rating: str = "") -> str:
    start = f"{at(hour, days=days):%Y-%m-%d %H:%M}"
    return f"{number},tile,{start},2:00,{SITE},{who},{start},{status},{rating}"


def text_of(*rows: str) -> str:
    return "\n".join([HEAD, *rows, ""])


def with_options(text: str, actor: User, **options: Any) -> ImportRun:
    run = taken_in(text, actor, "jobs")
    ImportRun.objects.filter(pk=run.pk).update(options=options)
    run = finished(ImportRun.objects.get(pk=run.pk))
    return finished(import_checked(run_id=run.pk))


def tell() -> tuple[int, int]:
    """Numbers of messages to contractors and to customers after all events are read."""
    for sequence, event in enumerate(OutboxEvent.objects.filter(sequence=None).order_by("position")):
        event.sequence = (OutboxEvent.objects.exclude(sequence=None).count() or 0) + 1 + 0 * sequence
        event.save(update_fields=["sequence"])
    while collect_mails():
        pass
    return Mail.objects.count(), CustomerMessage.objects.count()


@pytest.mark.parametrize("name", ["start", "desired_date"])
def test_start_and_end_come_before_the_duration_for_rows_without_one(name: str, actor: User) -> None:
    day = f"{at(9, days=9):%Y-%m-%d}"
    text = f"external_id,type,{name},end,address,city,state,zip_code,customer_name\n"
    text += f"1,tile,{day} 9:00 AM,{day} 1:00 PM,{SITE}\n2,tile,{day} 9:00 AM,,{SITE}\n"
    run = with_options(text, actor, defaults={"duration": "2:00"})
    assert counts(run) == (2, 0, 0, 0), errors(run)
    durations = [job.duration for job in Job.objects.order_by("external_id")]
    assert durations == [timedelta(hours=4), timedelta(hours=2)]


@pytest.mark.parametrize("who", ["ann@example.com", "ANN TILES", "C-1"])
def test_a_contractor_is_booked_by_address_name_or_number(who: str, ann: Contractor, actor: User) -> None:
    run = imported(text_of(row("1", who, "Scheduled"), row("2", who, "confirmed", hour=13)), actor, "jobs")
    assert counts(run) == (2, 0, 0, 0), errors(run)
    first, second = Assignment.objects.order_by("time_slot")
    assert (first.contractor, first.status, second.status) == (ann, "pending", "confirmed")
    assert first.slot.start == at(9, days=9)
    assert first.job.status == "assigned"
    booked = OutboxEvent.objects.filter(type="JobAssigned").first()
    assert booked
    assert booked.data["job_status"] == "assigned"
    assert first.rank is None
    assert first.score_breakdown["explanation"].startswith("Imported")
    assert counts(imported(text_of(row("1", who, "Scheduled")), actor, "jobs")) == (0, 0, 1, 0)


@pytest.mark.parametrize("seconds", [60.0, 0.0])
def test_a_clash_is_refused_with_its_reason_or_comes_in_as_an_open_job(
    ann: Contractor, actor: User, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also with the rows in different batches, which a check rolls back one by one."""
    monkeypatch.setattr(runner, "BATCH_SECONDS", seconds)
    monkeypatch.setattr(runner, "FEWEST_ROWS", 1)
    text = text_of(row("1", "C-1"), row("2", "C-1"), row("3", "C-1", hour=22), row("4", "Nobody Known"))
    run = checked(text, actor, "jobs")
    assert {line: sorted(error) for line, error in errors(run).items()} == {
        3: ["start"],
        4: ["start"],
        5: ["contractor"],
    }
    assert "another assignment" in errors(run)[3]["start"][0]
    assert "working hours" in errors(run)[4]["start"][0]
    assert not Job.objects.exists()
    run = with_options(text, actor, open_jobs=True)
    assert counts(run) == (4, 0, 0, 0)
    assert sorted(Job.objects.values_list("external_id", "status")) == [
        ("1", "assigned"),
        ("2", "open"),
        ("3", "open"),
        ("4", "open"),
    ]
    assert "Imported as an open job:" in run.rows.get(number=3).remarks


def test_bookings_cost_few_queries(
    actor: User, django_assert_max_num_queries: DjangoAssertNumQueries, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A savepoint and the calendar for each row; the records of a batch are inserted together."""
    monkeypatch.setattr(runner, "BATCH_SECONDS", 60.0)
    crews = ContractorFactory.create_batch(20, type="multi")
    rows = (f"{row(str(n), crew.email, 'Scheduled')},512555{n:04}" for n, crew in enumerate(crews))
    run = taken_in("\n".join([f"{HEAD},customer_phone", *rows]), actor, "jobs")
    with django_assert_max_num_queries(20 * 3 + 30):
        runner.work_on_batch(run)
    run.refresh_from_db()
    assert run.created == 20, errors(run)


def test_all_faults_of_a_booking_are_told_with_those_of_the_job(ann: Contractor, actor: User) -> None:
    good = row("1", "C-1", "confirmed")
    bad = good.replace(",tile,", ",paint,").replace("confirmed", "abandoned").replace("C-1", "Nobody Known")
    assert sorted(errors(checked(text_of(bad), actor, "jobs"))[2]) == ["contractor", "status", "type"]


def test_a_rating_that_cannot_be_read_becomes_a_note(ann: Contractor, actor: User) -> None:
    text = text_of(
        row("great", "C-1", "completed", days=-3, rating="great"), row("9", "C-1", "completed", days=-4, rating="9")
    )
    run = imported(text, actor, "jobs")
    assert counts(run) == (2, 0, 0, 0), errors(run)
    assert "Rating: great" in Job.objects.get(external_id="great").special_requirements
    assert "Rating: 9" in Job.objects.get(external_id="9").special_requirements
    assert not Rating.objects.exists()


def test_two_contractors_of_a_name_are_a_question(ann: Contractor, actor: User) -> None:
    ContractorFactory(name="Ann Tiles")
    run = checked(text_of(row("1", "Ann Tiles")), actor, "jobs")
    assert errors(run)[2]["contractor"] == ["2 contractors match. Enter the email address of one of them."]


@pytest.mark.parametrize(
    ("cell", "names", "booked"),
    [
        ("Austin Tile and Stone Works", ["Austin Tile", "Austin Tile and Stone Works"], "Austin Tile and Stone Works"),
        ("austin tile AND stone works", ["Austin Tile", "Austin Tile and Stone Works"], "Austin Tile and Stone Works"),
        ("Reyes Floor Coverings & Tile Works", ["Reyes Floor Coverings & Tile Works"], ""),
        ("Moore Tile Co, Austin TX", ["Moore Tile Co", "Moore Tile Co, Austin TX"], "Moore Tile Co, Austin TX"),
    ],
)
def test_the_name_of_a_company_is_not_split(cell: str, names: list[str], booked: str, actor: User) -> None:
    for name in names:
        ContractorFactory(name=name, type="multi")
    run = imported(text_of(row("1", f'"{cell}"')), actor, "jobs")
    assert counts(run) == (1, 0, 0, 0), errors(run)
    assignment = Assignment.objects.get()
    assert assignment.contractor.name == (booked or cell)
    assert assignment.job.special_requirements == ""
    assert "several contractors" not in run.rows.get().remarks


@pytest.mark.parametrize(
    ("cell", "first", "others"),
    [
        ("Ada Moore, Ben Hill", "Ada Moore", "Ben Hill"),
        ("Ada Moore, Ben Hill, and Cy Young", "Ada Moore", "Ben Hill, Cy Young"),
        ("Austin Tile and Stone Works, Ben Hill", "Austin Tile and Stone Works", "Ben Hill"),
        ("Austin Tile and Stone Works & Ben Hill", "Austin Tile and Stone Works", "Ben Hill"),
        ("C-1; Ben Hill", "Ann Tiles", "Ben Hill"),
    ],
)
def test_the_first_of_several_contractors_is_booked(
    cell: str, first: str, others: str, ann: Contractor, actor: User
) -> None:
    for name in ("Ada Moore", "Austin Tile", "Austin Tile and Stone Works", "Ben Hill"):
        ContractorFactory(name=name, type="multi")
    text = text_of(row("1", f'"{cell}"'))
    run = imported(text, actor, "jobs")
    assert counts(run) == (1, 0, 0, 0), errors(run)
    assignment = Assignment.objects.get()
    assert assignment.contractor.name == first
    assert assignment.job.special_requirements == f"Other contractors: {others}"
    assert f"the notes name the others: {others}." in run.rows.get().remarks
    again = imported(text, actor, "jobs")
    assert counts(again) == (0, 0, 1, 0)
    assert "several contractors" in again.rows.get().remarks


def on_a_day(number: str, who: str, status: str = "", *, days: int = 9) -> str:
    day = f"{at(9, days=days):%Y-%m-%d}"
    return f"{number},tile,{day},2:00,{SITE},{who},{day},{status},"


@pytest.mark.parametrize("status", ["", "Scheduled", "confirmed"])
def test_a_day_alone_is_an_open_job_and_no_visit_at_noon(status: str, ann: Contractor, actor: User) -> None:
    text = text_of(on_a_day("1", "Ann Tiles", status), on_a_day("2", "Ann Tiles", status))
    run = imported(text, actor, "jobs")
    assert counts(run) == (2, 0, 0, 0), errors(run)
    assert not Assignment.objects.exists()
    assert set(Job.objects.values_list("status", "desired_date")) == {("open", at(12, days=9))}
    for result in run.rows.all():
        assert "Imported as an open job: the row names Ann Tiles, but no time." in result.remarks
    assert counts(imported(text, actor, "jobs")) == (0, 0, 2, 0)


def test_a_day_alone_leaves_a_booking_as_it_is(ann: Contractor, actor: User) -> None:
    ContractorFactory(name="Bea", type="multi")
    imported(text_of(row("1", "C-1", hour=10)), actor, "jobs")
    run = imported(text_of(on_a_day("1", "Bea", days=10)), actor, "jobs")
    assert counts(run) == (0, 0, 1, 0), errors(run)
    assert "The booking keeps its contractor and time: the row names Bea, but no time." in run.rows.get().remarks
    booking = Assignment.objects.get()
    assert (booking.contractor, booking.slot.start, booking.job.desired_date) == (ann, at(10, days=9), at(10, days=9))


def test_past_work_on_a_day_alone_is_recorded(ann: Contractor, actor: User) -> None:
    run = imported(text_of(on_a_day("1", "C-1", "completed", days=-3)), actor, "jobs")
    assert counts(run) == (1, 0, 0, 0), errors(run)
    assert Assignment.objects.get().status == "completed"


def test_past_work_is_recorded_with_its_rating_and_nothing_is_sent(ann: Contractor, actor: User) -> None:
    text = text_of(row("1", "C-1", "Complete", days=-3, rating="5"), row("2", "C-1", "cancelled", days=-2))
    Customer.objects.create(name="Grace Hill", email="grace@example.com")
    run = imported(text, actor, "jobs")
    assert counts(run) == (2, 0, 0, 0), errors(run)
    done = Assignment.objects.get()
    assert (done.status, done.is_recorded, done.started_at, done.completed_at) == (
        "completed",
        True,
        at(9, days=-3),
        at(11, days=-3),
    )
    assert (done.job.status, done.job.completed_at) == ("completed", done.completed_at)
    assert Job.objects.get(external_id="2").status == "cancelled"
    assert Rating.objects.get().value == Decimal(5)
    assert Contractor.objects.get().rating_count == ann.rating_count + 1
    assert tell() == (0, 0)
    assert counts(imported(text, actor, "jobs")) == (0, 0, 2, 0)
    assert Rating.objects.count() == 1


def test_rules_of_bookings_do_not_apply_to_the_past(actor: User) -> None:
    ContractorFactory(name="Gone Crew", email="gone@example.com", type="carpet", status="inactive", hours=[])
    text = text_of(row("1", "gone@example.com", "done", days=-400, hour=3))
    assert counts(imported(text, actor, "jobs")) == (1, 0, 0, 0)


def test_future_bookings_send_messages_only_if_asked(ann: Contractor, actor: User) -> None:
    imported(text_of(row("1", "C-1")), actor, "jobs")
    assert tell() == (0, 0)
    with_options(text_of(row("2", "C-1", hour=13)), actor, messages=True)
    assert tell() == (1, 1)


def test_an_import_again_moves_confirms_completes_and_cancels(ann: Contractor, actor: User) -> None:
    bea = ContractorFactory(name="Bea", email="bea@example.com", type="multi")
    imported(text_of(row("1", "C-1"), row("2", "C-1", hour=13)), actor, "jobs")
    run = imported(text_of(row("1", "C-1", "confirmed", hour=10), row("2", "Bea", hour=13)), actor, "jobs")
    assert counts(run) == (0, 2, 0, 0), errors(run)
    assert run.rows.get(number=2).remarks == "Changes the booking."
    first, second = Assignment.objects.live().order_by("time_slot")
    assert (first.slot.start, first.status, second.contractor) == (at(10, days=9), "confirmed", bea)
    imported(text_of(row("1", "C-1", "canceled", hour=10)), actor, "jobs")
    assert Job.objects.get(external_id="1").status == "cancelled"
    assert tell() == (0, 0)


def test_work_in_progress_occupies_the_contractor(ann: Contractor, actor: User) -> None:
    start = timezone.now() - timedelta(minutes=30)
    job = JobFactory(desired_date=start)
    working = record_past_work(job_id=job.pk, contractor_id=ann.pk, start=start, actor=actor, is_over=False)
    assert (working.status, working.is_recorded, working.started_at, job.status) == (
        "in_progress",
        False,
        start,
        "open",
    )
    with pytest.raises(InvalidInput):
        record_past_work(job_id=JobFactory().pk, contractor_id=ann.pk, start=start, actor=actor)


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"status": "completed"}, "start"),
        ({"status": "completed", "days": -3, "who": ""}, "contractor"),
        ({"days": -3}, "desired_date"),
        ({"status": "whatever"}, "status"),
        ({"rating": "5"}, ""),
    ],
)
def test_what_cannot_be_is_refused_at_its_column(changes: Any, column: str, ann: Contractor, actor: User) -> None:
    values = {"who": "C-1", **changes}
    run = checked(text_of(row("1", values.pop("who"), **values)), actor, "jobs")
    assert run.refused == 1
    assert not column or column in errors(run)[2]


def test_the_same_file_without_numbers_twice_does_not_double(ann: Contractor, actor: User) -> None:
    text = text_of(row("", ""), row("", "", hour=14))
    assert counts(imported(text, actor, "jobs")) == (2, 0, 0, 0)
    run = imported(text, actor, "jobs")
    assert counts(run) == (0, 0, 2, 0)
    assert "is the same job" in run.rows.get(number=2).remarks
    run = imported(text_of(row("", "", hour=10)), actor, "jobs")
    assert counts(run) == (1, 0, 0, 0)
    assert "Likely a duplicate" in run.rows.get(number=2).remarks
    assert counts(with_options(text, actor, twins=True)) == (2, 0, 0, 0)


def test_a_customer_is_found_by_number(actor: User) -> None:
    head = HEAD.replace("rating", "customer_external_id")
    text = "\n".join([head, row("1", "") + "K-1", row("2", "", hour=13) + "K-1", ""])
    imported(text, actor, "jobs")
    customer = Customer.objects.get()
    assert (customer.external_id, customer.jobs.count()) == ("K-1", 2)


def test_an_export_imported_again_changes_nothing(ann: Contractor, actor: User) -> None:
    rows = (row("1", "C-1"), row("2", "C-1", "done", days=-3, rating="4"), row("3", ""), row("4", "", "canceled"))
    imported(text_of(*rows), actor, "jobs")
    prepare, _cells = EXPORTERS["jobs"]
    lines = [",".join(f'"{cell}"' for cell in job_cells(job)) for job in prepare(Job.objects.all())]
    run = imported("\n".join([",".join(HEADINGS["jobs"]), *lines]), actor, "jobs")
    assert counts(run) == (0, 0, 4, 0), (errors(run), list(run.rows.values_list("remarks", flat=True)))


def test_a_manager_imports_no_bookings(ann: Contractor) -> None:
    run = checked(text_of(row("1", "C-1")), UserFactory(role=Role.MANAGER), "jobs")
    assert "Your role does not allow bookings" in str(errors(run)[2])


def test_the_database_refuses_recorded_work_that_is_not_over(ann: Contractor, actor: User) -> None:
    imported(text_of(row("1", "C-1")), actor, "jobs")
    with pytest.raises(IntegrityError), transaction.atomic():
        Assignment.objects.update(is_recorded=True)


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("In Progress", "in_progress"),
        ("InProgress", "in_progress"),
        ("CANCELLED", "cancelled"),
        ("", ""),
        ("Paid", "completed"),
    ],
)
def test_words_for_states(text: str, status: str) -> None:
    assert read_status(text) == status


@pytest.mark.parametrize("status", ["", "Scheduled", "completed"])
def test_a_name_with_too_many_marks_is_refused_alone_and_at_its_column(
    status: str, ann: Contractor, actor: User
) -> None:
    hostile = "e" + "\u0301" * 130
    booked = imported(text_of(row("1", "Ann Tiles", "Scheduled")), actor, "jobs")
    assert counts(booked) == (1, 0, 0, 0), errors(booked)
    text = text_of(row("1", hostile, status), row("2", hostile, status), row("3", "Ann Tiles", "Scheduled", hour=13))
    run = imported(text, actor, "jobs")
    assert counts(run) == (1, 0, 0, 2)
    assert {line: list(columns) for line, columns in errors(run).items()} == {2: ["contractor"], 3: ["contractor"]}
    assert "There is no contractor" in str(errors(run)[2])
