"""Imports: a check without side effects, then one service call and one result for each row."""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from assignments.models import Conflict
from contractors.models import Contractor
from contractors.working_week import Shift
from jobs.models import Job
from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Role
from smartscheduler.core.file_writer import write_csv
from smartscheduler.errors import InvalidInput
from smartscheduler.events.models import OutboxEvent
from smartscheduler.imports import row_importer, runner
from smartscheduler.imports.cell_formats import read_week, write_week
from smartscheduler.imports.export_views import download
from smartscheduler.imports.file_reader import read_table
from smartscheduler.imports.models import ImportedRow, ImportRun
from smartscheduler.imports.row_importer import Done
from smartscheduler.imports.runner import work_on_files
from smartscheduler.imports.services import begin, import_checked, match_columns
from tests.factories import AssignmentFactory, ContractorFactory, JobFactory, UserFactory, at
from tests.pages import PageResponse, signed_in

pytestmark = pytest.mark.django_db
HEAD = (
    "email,name,type,phone_number,skills,service_radius_miles,"
    "address,city,state,zip_code,latitude,longitude,working_hours"
)
ANN = (
    "ann@example.com,Ann Tiles,tile,(512) 555-0143,Mosaic; Stairs,40,"
    "100 Congress Avenue,Austin,TX,78701,,,Mon-Fri 08:00-12:00"
)
JOB_HEAD = "job_number,type,priority,desired_date,duration,required_skills,address,city,state,zip_code,customer_name"


@pytest.fixture
def actor() -> User:
    return UserFactory()


def taken_in(text: str, actor: User, kind: str = "contractors") -> ImportRun:
    return with_suggested_match(begin(kind=kind, name="people.csv", content=text.encode(), actor=actor))


def with_suggested_match(run: ImportRun) -> ImportRun:
    """As after a user has looked at the match of the columns, and has found nothing to correct."""
    if run.state != "matching":
        return run
    assert run.created_by is not None
    return match_columns(run_id=run.pk, targets=run.mapping, seen=run.match_version, actor=run.created_by)


def checked(text: str, actor: User, kind: str = "contractors") -> ImportRun:
    run = finished(taken_in(text, actor, kind))
    assert run.state == "checked"
    return run


def finished(run: ImportRun) -> ImportRun:
    """As many stretches of the worker as it takes: on a busy machine one of twenty seconds may not do."""
    while run.is_at_work:
        work_on_files()
        run.refresh_from_db()
    return run


def imported(text: str, actor: User, kind: str = "contractors") -> ImportRun:
    run = finished(import_checked(run_id=checked(text, actor, kind).pk))
    assert run.state == "done"
    return run


def counts(run: ImportRun) -> tuple[int, int, int, int]:
    return run.created, run.updated, run.unchanged, run.refused


def errors(run: ImportRun) -> dict[int, dict[str, list[str]]]:
    return {row.number: row.errors for row in run.rows.filter(outcome="refused")}


def test_the_check_writes_nothing_and_the_import_what_it_said(actor: User) -> None:
    run = checked(f"{HEAD}\n{ANN}\n", actor)
    assert counts(run) == (1, 0, 0, 0)
    assert not Contractor.objects.exists()
    assert not OutboxEvent.objects.exists()

    assert counts(imported(f"{HEAD}\n{ANN}\n", actor)) == (1, 0, 0, 0)
    ann = Contractor.objects.get()
    assert (ann.name, ann.skills, ann.service_radius_miles, ann.time_zone) == (
        "Ann Tiles",
        ["Mosaic", "Stairs"],
        Decimal(40),
        "America/Chicago",
    )
    assert ann.shifts == [Shift(day, time(8), time(12)) for day in range(1, 6)]
    assert (round(ann.latitude, 1), round(ann.longitude, 1)) == (Decimal("30.3"), Decimal("-97.7"))  # the ZIP code's
    event = OutboxEvent.objects.get()
    assert event.actor
    assert (event.type, event.actor["email"]) == ("ContractorCreated", actor.email)


def test_a_change_names_the_bookings_that_become_impossible(actor: User) -> None:
    ann = ContractorFactory(email="ann@example.com")
    bookings = [AssignmentFactory(contractor=ann, start=at(hour, days=2)) for hour in (8, 10, 12, 14)]
    ContractorFactory(email="bea@example.com")
    text = "email,type\nann@example.com,tile\nbea@example.com,tile\n"
    for run in (checked(text, actor), imported(text, actor)):
        of_ann, of_bea = run.rows.all()
        assert "4 bookings have conflicts:" in of_ann.remarks
        for booking in bookings[:3]:
            assert f"{booking.job.job_number}: {ann.name} does tile jobs, but this is a flooring job." in of_ann.remarks
        assert bookings[3].job.job_number not in of_ann.remarks
        assert of_bea.remarks == "Changes type."
    assert Conflict.objects.count() == 4


def test_a_known_address_is_changed_and_what_is_not_in_the_file_stays(actor: User) -> None:
    ann = ContractorFactory(email="ann@example.com", skills=["Stairs"])
    text = "email,name,service_radius_miles\nANN@example.com,Ann Bell,\nann2@example.com,Nobody,\n"
    run = imported(text, actor)
    assert counts(run) == (0, 1, 0, 1)
    ann.refresh_from_db()
    assert (ann.name, ann.service_radius_miles, ann.skills, len(ann.shifts)) == ("Ann Bell", None, ["Stairs"], 7)
    assert set(errors(run)[3]) >= {"type", "phone_number"}
    assert counts(imported("email,name\nann@example.com,Ann Bell\n", actor)) == (0, 0, 1, 0)


def test_each_kind_of_error_by_line_and_column(actor: User) -> None:
    ContractorFactory(email="other@example.com")
    bad = {
        "name": ("Ann Tiles", "A"),
        "type": (",tile,", ",paint,"),
        "phone_number": ("(512) 555-0143", "555"),
        "email": ("ann@example.com", "no address"),
        "state": (",TX,", ",QQ,"),
        "zip_code": ("78701", "787"),
    }
    lines = [ANN.replace(*change).replace("ann@", f"ann{n}@") for n, change in enumerate(bad.values())]
    lines.append(ANN.replace("ann@", "ANN0@"))
    run = checked("\n".join([HEAD, *lines]), actor)
    errors_by_line = errors(run)
    for number, column in enumerate(bad, start=2):
        assert column in errors_by_line[number], (column, errors_by_line[number])
    assert "Line 2 of this file has the same email." in errors_by_line[8]["email"]
    assert not Contractor.objects.filter(name="Ann Tiles").exists()


def test_all_errors_of_a_row_are_reported_at_once(actor: User) -> None:
    day = (datetime.now(UTC) + timedelta(days=30)).date()
    text = "\n".join(
        [
            JOB_HEAD,
            ",paint,high,soon,forever,,1,Austin,TX,00000,",
            f",tile,high,{day} 09:00,2:30,,100 Congress Avenue,Austin,TX,00000,",
            f",tile,high,{day} 09:00,2:30,,100 Congress Avenue,Austin,TX,,",
            ",tile,high,soon,2:30,,100 Congress Avenue,Austin,NY,78701,",
        ]
    )
    errors_by_line = errors(checked(text, actor, "jobs"))
    assert {number: sorted(errors_by_line[number]) for number in errors_by_line} == {
        2: ["address", "desired_date", "duration", "type", "zip_code"],
        3: ["zip_code"],
        4: ["zip_code"],
        5: ["desired_date", "zip_code"],
    }


@pytest.mark.parametrize(
    ("change", "remark"),
    [
        ((",40,", ",-4,"), "service_radius_miles “-4” was left out: Enter a number of miles, for example 40."),
        ((",78701,,,", ",78701,91,-97,"), "latitude “91” was left out:"),
        (("Mosaic; Stairs", "x" * 61), f"skills “{'x' * 61}” was left out:"),
        (("(512) 555-0143", "(512) 555-0143 x12 (cell)"), "“(512) 555-0143 x12 (cell)” was read as (512) 555-0143."),
    ],
)
def test_an_optional_cell_that_cannot_be_read_does_not_lose_the_row(
    actor: User, change: tuple[str, str], remark: str
) -> None:
    run = imported(f"{HEAD}\n{ANN.replace(*change)}\n", actor)
    assert counts(run) == (1, 0, 0, 0)
    assert remark in run.rows.get().remarks
    assert Contractor.objects.get().time_zone == "America/Chicago"


def test_a_new_contractor_needs_readable_hours_and_a_known_one_keeps_the_present_ones(actor: User) -> None:
    text = f"{HEAD}\n{ANN.replace('Mon-Fri 08:00-12:00', 'varies')}\n"
    assert sorted(errors(checked(text, actor))[2]) == ["working_hours"]
    imported(f"{HEAD}\n{ANN}\n", actor)
    run = imported(text.replace("Ann Tiles", "Ann Tyler"), actor)
    assert counts(run) == (0, 1, 0, 0)
    assert "working_hours “varies” was left out, the value of the record stays:" in run.rows.get().remarks
    ann = Contractor.objects.get()
    assert (ann.name, len(ann.shifts)) == ("Ann Tyler", 5)


def test_the_order_of_day_and_month_is_that_of_the_file(actor: User) -> None:
    year = datetime.now(UTC).year + 1
    head = f"{JOB_HEAD},contractor,start,end"
    row = f",tile,high,03/02/{year} 9:00 AM,2:30,,100 Congress Avenue,Austin,TX,78701,Grace,,03/02/{year} 10:00,"
    days = []
    for options in ({}, {"date_order": "mdy"}, {"date_order": "dmy"}):
        run = begin(kind="jobs", name="jobs.csv", content=f"{head}\n{row}\n".encode(), actor=actor, options=options)
        assert counts(finished(import_checked(run_id=finished(run).pk))) == (1, 0, 0, 0), errors(run)
        days.append(Job.objects.latest("created_at").desired_date.date())
        Job.objects.all().delete()
    assert [(day.month, day.day) for day in days] == [(3, 2), (3, 2), (2, 3)]


def test_what_cannot_be_read_is_kept_in_the_notes_of_a_job(actor: User) -> None:
    day = (datetime.now(UTC) + timedelta(days=30)).date()
    head = f"{JOB_HEAD},customer_phone,special_requirements,window_start,window_end"
    row = f",tile,asap,{day:%m/%d/%Y} 9:00 AM,2h 30m,,100 Congress Avenue,Austin,Tex.,787011234,Grace Hill"
    run = imported(f"{head}\n{row},(512) 555-0143 ext. 12,Mind the dog,early,late\n", actor, "jobs")
    assert counts(run) == (1, 0, 0, 0)
    job = Job.objects.get()
    assert (job.priority, job.customer_phone, job.state, job.zip_code) == ("medium", "(512) 555-0143", "TX", "78701")
    assert job.window_start is None
    assert job.special_requirements.splitlines() == [
        "Mind the dog",
        "Priority: asap",
        "Window end: late",
        "Window start: early",
        "Customer phone: (512) 555-0143 ext. 12",
    ]
    remarks = run.rows.get().remarks
    assert "priority “asap” was added to the notes instead:" in remarks
    assert "customer_phone “(512) 555-0143 ext. 12” was read as (512) 555-0143." in remarks


def test_notes_of_a_job_that_become_too_long_are_cut_with_a_remark(actor: User) -> None:
    job = JobFactory(special_requirements="x" * 3_980)
    text = f"job_number,customer_phone\n{job.job_number},ask Jane\n"
    run = imported(text, actor, "jobs")
    assert counts(run) == (0, 1, 0, 0)
    assert "The notes were cut after 4,000 characters." in run.rows.get().remarks
    assert counts(imported(text, actor, "jobs")) == (0, 0, 1, 0)
    job.refresh_from_db()
    assert job.special_requirements == "x" * 3_980 + "\nCustomer phone: ask"


def test_a_note_of_an_unreadable_cell_is_added_once(actor: User) -> None:
    job = JobFactory(special_requirements="Mind the dog")
    text = f"job_number,customer_phone\n{job.job_number},ask Jane\n"
    assert counts(imported(text, actor, "jobs")) == (0, 1, 0, 0)
    assert counts(imported(text, actor, "jobs")) == (0, 0, 1, 0)
    job.refresh_from_db()
    assert job.special_requirements == "Mind the dog\nCustomer phone: ask Jane"


def test_jobs_by_number_and_dates_in_local_time_of_the_site(actor: User) -> None:
    old = JobFactory(priority="low")
    day = (datetime.now(UTC) + timedelta(days=30)).date()
    text = "\n".join(
        [
            JOB_HEAD,
            f",tile,high,{day} 09:00,2:30,Mosaic,100 Congress Avenue,Austin,TX,78701,Grace Hill",
            f"{old.job_number.lower()},,urgent,,,,,,,,",
            "JOB-20200101-00000000,,,,,,,,,,",
            ",tile,high,soon,2:30,,100 Congress Avenue,Austin,TX,78701,",
            f",tile,high,{day} 09:00,forever,,100 Congress Avenue,Austin,TX,78701,",
            ",tile,high,2020-01-01 09:00,1.5,,100 Congress Avenue,Austin,TX,78701,",
        ]
    )
    run = imported(text, actor, "jobs")
    errors_by_line = errors(run)
    assert {number: sorted(errors_by_line[number]) for number in errors_by_line} == {
        3: ["address", "city", "state", "zip_code"],
        4: ["job_number"],
        5: ["desired_date"],
        6: ["duration"],
        7: ["desired_date"],
    }
    job = Job.objects.get(customer_name="Grace Hill")
    assert (job.duration, job.required_skills) == (timedelta(hours=2, minutes=30), ["Mosaic"])
    assert job.desired_date.astimezone(job.zone).strftime("%Y-%m-%d %H:%M") == f"{day} 09:00"


def test_only_the_columns_that_are_there_are_written(actor: User) -> None:
    old = JobFactory(priority="low", customer_name="Grace Hill")
    run = imported(f"job_number,priority\n{old.job_number},urgent\n", actor, "jobs")
    assert counts(run) == (0, 1, 0, 0)
    old.refresh_from_db()
    assert (old.priority, old.customer_name) == ("urgent", "Grace Hill")


def test_a_job_under_a_booking_is_not_moved(actor: User) -> None:
    booked = AssignmentFactory()
    run = checked(f"job_number,duration\n{booked.job.job_number},8:00\n", actor, "jobs")
    assert "live assignment" in errors(run)[2]["duration"][0]


def test_a_file_is_imported_once_and_not_before_it_is_checked(actor: User) -> None:
    run = taken_in(f"{HEAD}\n{ANN}\n", actor)
    with pytest.raises(InvalidInput, match="Only a checked file"):
        import_checked(run_id=run.pk)
    work_on_files()
    import_checked(run_id=run.pk)
    with pytest.raises(InvalidInput, match="only once"):
        import_checked(run_id=run.pk)
    with pytest.raises(InvalidInput, match="No row"):
        import_checked(run_id=checked("email,name\nx,y\n", actor).pk)


def test_it_goes_on_where_it_stopped(actor: User, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [ANN.replace("ann@", f"ann{n}@") for n in range(5)]
    run = import_checked(run_id=checked("\n".join([HEAD, *lines]), actor).pk)
    done: list[Any] = []
    once = row_importer.work_on

    def die_at_the_third(*arguments: Any, **more: Any) -> Done:
        done.append(arguments)
        if len(done) == 3:
            raise KeyboardInterrupt
        return once(*arguments, **more)

    monkeypatch.setattr(runner, "BATCH_ROWS", 2)
    monkeypatch.setattr(runner, "work_on", die_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        work_on_files()
    run.refresh_from_db()
    assert (run.at, Contractor.objects.count(), ImportedRow.objects.count()) == (2, 2, 2)
    monkeypatch.setattr(runner, "work_on", once)
    work_on_files()
    run.refresh_from_db()
    assert (run.state, counts(run)) == ("done", (5, 0, 0, 0))


@pytest.mark.parametrize(
    "text",
    ["Mon 08:00-12:00, 13:00-17:00; Sat 20:00-24:00", "Sun 00:00-08:00", "Mon-Fri 8:00-17:00", "Fri-Mon 09:00-10:00"],
)
def test_a_week_is_read_as_it_is_written(text: str) -> None:
    shifts = [
        Shift(shift["day_of_week"], time.fromisoformat(shift["start_time"]), time.fromisoformat(shift["end_time"]))
        for shift in read_week(text)
    ]
    person = ContractorFactory(hours=shifts)
    again = read_week(write_week(person.shifts))
    assert sorted(again, key=str) == sorted(read_week(text), key=str)


class TestThePages:
    def upload(self, client: Client, text: str, name: str = "people.csv", kind: str = "contractors") -> PageResponse:
        file = SimpleUploadedFile(name, text.encode(), content_type="text/csv")
        return client.post(reverse("admin:imports_importrun_add"), {"kind": kind, "file": file}, follow=True)

    def test_from_the_file_to_the_rows(self) -> None:
        client = signed_in()
        page = self.upload(
            client, f"{HEAD}\n{ANN}\n{ANN.replace('tile', 'paint').replace('ann@', 'bob@')}\n"
        ).content.decode()
        assert "Checking" in page
        assert "/progress/" in page
        work_on_files()
        run = ImportRun.objects.get()
        address = reverse("admin:imports_importrun_change", args=[run.pk])
        page = client.get(address).content.decode()
        assert "To add: 1." in page
        assert "type: “paint” is not a valid choice." in page.replace("&quot;paint&quot;", "“paint”")
        client.post(reverse("admin:imports_importrun_import", args=[run.pk]))
        work_on_files()
        assert "Added: 1." in client.get(address).content.decode()
        assert Contractor.objects.get().name == "Ann Tiles"
        result = b"".join(client.get(reverse("admin:imports_importrun_result", args=[run.pk, "csv"]))).decode()
        assert result.splitlines()[0].endswith("working_hours,result,errors,remarks")
        assert ",New,,The coordinates are the center of ZIP code 78701." in result.splitlines()[1]
        assert "Rejected" in result.splitlines()[2]

    def test_a_filter_by_a_column_that_cannot_be_is_none(self, actor: User) -> None:
        run = checked(f"{HEAD}\n{ANN.replace('tile', 'paint')}\n", actor)
        page = signed_in().get(reverse("admin:imports_importrun_change", args=[run.pk]) + "?column=%00")
        assert page.status_code == 200
        assert "is not a valid choice." in page.content.decode()

    def test_a_bad_file_is_said_on_the_form(self) -> None:
        assert "has no rows below the headings" in self.upload(signed_in(), "name\n").content.decode()
        assert "has no rows below the headings" in self.upload(signed_in(), "x", "people.pdf").content.decode()
        assert not ImportRun.objects.exists()

    def test_a_manager_may_not(self) -> None:
        client = signed_in(Role.MANAGER)
        assert self.upload(client, f"{HEAD}\n{ANN}\n").status_code == 403
        assert client.get(reverse("admin:imports_importrun_changelist")).status_code == 403

    @pytest.mark.parametrize("form", ["csv", "xlsx"])
    def test_an_export_comes_back_as_it_was(self, form: str, actor: User) -> None:
        ContractorFactory(name="=Ann", skills=["Stairs", "Mosaic"], service_radius_miles=None, type="tile")
        ContractorFactory(name="Bob", phone_number="(512) 555-0143", type="carpet")
        JobFactory(special_requirements="- Mind the dog", required_skills=["Stairs"])
        AssignmentFactory()
        for kind in ("contractors", "jobs"):
            answer = signed_in().get(reverse("admin:imports_export", args=[kind, form]))
            content = b"".join(answer) if answer.streaming else answer.content
            run = begin(kind=kind, name=f"x.{form}", content=content, actor=actor)
            work_on_files()
            run.refresh_from_db()
            assert (run.total, counts(run)) == (run.unchanged, (0, 0, run.total, 0)), errors(run)
            assert run.total >= 2

    def test_an_export_has_what_the_list_has(self) -> None:
        ContractorFactory(name="Ann", type="tile")
        ContractorFactory(name="Bob", type="carpet")
        answer = signed_in(Role.MANAGER).get(
            reverse("admin:imports_export", args=["contractors", "csv"]) + "?type__exact=tile"
        )
        assert answer["Content-Disposition"].startswith('attachment; filename="contractors-')
        text = b"".join(answer).decode()
        assert "Ann" in text
        assert "Bob" not in text

    def test_an_export_costs_the_same_whatever_there_is(
        self, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        client = signed_in()
        ContractorFactory.create_batch(8)
        with django_assert_max_num_queries(8):
            b"".join(client.get(reverse("admin:imports_export", args=["contractors", "csv"])))

    def test_what_is_wrong_is_counted_by_column_and_shown_a_page_at_a_time(
        self, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        bad = [ANN.replace("ann@", f"ann{n}@").replace("(512) 555-0143", f"555{n}") for n in range(120)]
        other = [ANN.replace("ann@", f"bob{n}@").replace("tile", f"paint{n}") for n in range(7)]
        run = checked("\n".join([HEAD, *bad, *other, ANN]), UserFactory())
        client = signed_in()
        address = reverse("admin:imports_importrun_change", args=[run.pk])
        client.get(address)
        with django_assert_max_num_queries(15):
            page = client.get(address).content.decode()
        assert "120 rows" in page
        assert "<strong>phone_number:</strong> Enter a phone number in the format (512) 555-0143." in page
        assert "7 rows" in page
        assert "Page 1 of 2" in page
        html = client.get(f"{address}?rows=refused&column=type").content.decode()
        assert html.count("is not a valid choice") == 8  # seven rows, and the summary
        assert "With an error in <strong>type</strong>: 7" in html
        assert "Page 2 of 2" in client.get(f"{address}?rows=refused&page=2").content.decode()
        assert "No rows." in client.get(f"{address}?column=nonsense").content.decode()
        assert client.get(f"{address}?rows=nonsense&page=x").status_code == 200

    def test_ten_thousand_bad_rows_open_with_as_few_queries(
        self, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        run = ImportRun.objects.create(kind="contractors", name="x.csv", content=b"", state="checked", total=10_000)
        ImportRun.objects.update(at=10_000, refused=10_000)
        ImportedRow.objects.bulk_create(
            ImportedRow(run=run, number=n, outcome="refused", errors={"city": [f"“{n}” is wrong."]})
            for n in range(10_000)
        )
        client = signed_in()
        address = reverse("admin:imports_importrun_change", args=[run.pk])
        with django_assert_max_num_queries(15):
            answer = client.get(address)
        assert "10,000 rows" in answer.content.decode()
        assert len(answer.content) < 200_000

    def test_progress_is_a_part_of_the_page_until_there_is_something_to_see(self) -> None:
        client, actor = signed_in(), UserFactory()
        run = taken_in(f"{HEAD}\n{ANN}\n", actor)
        address = reverse("admin:imports_importrun_progress", args=[run.pk])
        part = client.get(address)
        assert "HX-Retarget" not in part
        assert "Checking: 0 of 1 rows" in part.content.decode()
        assert "<html" not in part.content.decode()
        ImportRun.objects.update(created_at=datetime.now(UTC) - timedelta(minutes=1))
        assert "no worker is running" in client.get(address).content.decode()
        work_on_files()
        whole = client.get(address)
        assert whole["HX-Retarget"] == "#import-panel"
        assert "To add: 1." in whole.content.decode()
        assert reverse("admin:imports_importrun_import", args=[run.pk]) in whole.content.decode()
        assert signed_in(Role.MANAGER).get(address).status_code == 403

    def test_stopped_and_gone_on_with_by_its_buttons(self) -> None:
        client, actor = signed_in(), UserFactory()
        run = taken_in(f"{HEAD}\n{ANN}\n", actor)
        address = reverse("admin:imports_importrun_change", args=[run.pk])
        assert reverse("admin:imports_importrun_stop", args=[run.pk]) in client.get(address).content.decode()
        page = client.post(reverse("admin:imports_importrun_stop", args=[run.pk]), follow=True).content.decode()
        assert "The check was stopped after 0 of 1 rows." in page
        assert signed_in(Role.MANAGER).post(reverse("admin:imports_importrun_resume", args=[run.pk])).status_code == 403
        client.post(reverse("admin:imports_importrun_resume", args=[run.pk]))
        work_on_files()
        assert "Rows: 1. To add: 1." in client.get(address).content.decode()
        # A second click on Stop comes too late, and says so.
        late = client.post(reverse("admin:imports_importrun_stop", args=[run.pk])).content.decode()
        assert "There is no check or import to stop." in late

    @pytest.mark.parametrize("form", ["csv", "xlsx"])
    def test_the_refused_rows_can_be_corrected_and_sent_again(self, form: str, actor: User) -> None:
        bad = ANN.replace("tile", "paint").replace("ann@", "bob@")
        run = imported(f"{HEAD}\n{ANN}\n{bad}\n", actor)
        client = signed_in()
        answer = client.get(reverse("admin:imports_importrun_result", args=[run.pk, form]) + "?refused=1")
        assert f"people-refused.{form}" in answer["Content-Disposition"]
        table = read_table(f"x.{form}", b"".join(answer))
        assert [row["email"] for row in table.rows] == ["bob@example.com"]
        assert table.rows[0]["errors"].startswith("type: ")
        rows = [row | {"type": "tile"} for row in table.rows]
        again = b"".join(write_csv(table.titles, [list(row.values()) for row in rows])).decode("utf-8-sig")
        assert counts(imported(again, actor)) == (1, 0, 0, 0)
        assert Contractor.objects.count() == 2

    def test_jobs_that_were_made_are_not_made_again_by_their_result(self, actor: User) -> None:
        day = (datetime.now(UTC) + timedelta(days=30)).date()
        line = f"tile,high,{day} 09:00,2:30,Mosaic,100 Congress Avenue,Austin,TX,78701,Grace Hill"
        run = imported(f"{JOB_HEAD.removeprefix('job_number,')}\n{line}\n", actor, "jobs")
        content = b"".join(signed_in().get(reverse("admin:imports_importrun_result", args=[run.pk, "csv"])))
        table = read_table("x.csv", content)
        assert table.rows[0]["job_number"] == Job.objects.get().job_number
        assert counts(imported(content.decode("utf-8-sig"), actor, "jobs")) == (0, 0, 1, 0)

    def test_a_check_names_no_job_that_is_not_there(self, actor: User) -> None:
        day = (datetime.now(UTC) + timedelta(days=30)).date()
        run = checked(f"{JOB_HEAD}\n,tile,high,{day} 09:00,2,,100 Congress Avenue,Austin,TX,78701,A\n", actor, "jobs")
        content = b"".join(signed_in().get(reverse("admin:imports_importrun_result", args=[run.pk, "csv"])))
        assert read_table("x.csv", content).rows[0]["job_number"] == ""

    @pytest.mark.parametrize("kind", ["contractors", "jobs", "customers"])
    @pytest.mark.parametrize("form", ["csv", "xlsx"])
    def test_a_file_to_begin_with_is_one_that_can_be_imported(self, kind: str, form: str, actor: User) -> None:
        content = b"".join(signed_in().get(reverse("admin:imports_template", args=[kind, form])))
        run = begin(kind=kind, name=f"x.{form}", content=content, actor=actor)
        work_on_files()
        run.refresh_from_db()
        assert counts(run) == (0, 0, 1, 0), errors(run)
        assert run.rows.get().remarks == "The example row of a template is not imported."
        [example] = read_table(run.name, content).rows
        text = "\n".join(
            [",".join(example), ",".join(f'"{cell.replace("EXAMPLE ", "")}"' for cell in example.values())]
        )
        assert counts(checked(text, actor, kind)) == (1, 0, 0, 0)
        assert signed_in(Role.MANAGER).get(reverse("admin:imports_template", args=[kind, form])).status_code == 403

    def test_the_page_says_what_stands_in_each_column(self) -> None:
        page = signed_in().get(reverse("admin:imports_importrun_add")).content.decode()
        for name in ("service_radius_miles", "desired_date", "working_hours"):
            assert f"<code>{name}</code>" in page

    @pytest.mark.parametrize(
        ("role", "decision"),
        [(Role.COORDINATOR, ("3", "9", "0.8000", "Made for a test.")), (Role.MANAGER, ("", "", "", ""))],
        ids=["coordinator", "manager"],
    )
    def test_assignments_with_the_decision_behind_them(self, role: Role, decision: tuple[str, str, str, str]) -> None:
        """Managers do not see what was worked out from exact places."""
        booking = AssignmentFactory(rank=3, candidates_considered=9, override_reason="=cmd|x", contractor__name="+Ann")
        AssignmentFactory(status="cancelled", cancelled_at=datetime.now(UTC), cancel_reason="Flooded")
        client = signed_in(role)
        assert "export/assignments.csv" in client.get("/admin/assignments/assignment/").content.decode()
        address = reverse("admin:imports_export", args=["assignments", "csv"])
        text = b"".join(client.get(f"{address}?status__exact=pending")).decode("utf-8-sig")
        (row,) = csv.DictReader(text.splitlines())
        assert (row["job_number"], row["contractor"]) == (booking.job.job_number, "'+Ann")
        assert tuple(row[name] for name in ("rank", "candidates_considered", "score", "explanation")) == decision
        assert (row["override_reason"], row["cancel_reason"]) == ("'=cmd|x", "")
        assert row["start"] == booking.slot.start.astimezone(booking.job.zone).isoformat()

    async def test_a_download_leaves_piece_by_piece_from_an_asynchronous_server(self) -> None:
        made = []

        def rows() -> Iterator[list[Any]]:
            for number in range(1000):
                made.append(number)
                yield [str(number)]

        pieces = aiter(download("x", "csv", ["a"], rows()))
        await anext(pieces)
        assert len(made) < 1000
        assert b"".join([piece async for piece in pieces]).endswith(b"\r\n999\r\n")

    def test_there_is_no_export_of_anything_else(self) -> None:
        for kind, form in (("users", "csv"), ("jobs", "pdf")):
            assert signed_in().get(reverse("admin:imports_export", args=[kind, form])).status_code == 404

    def test_the_lists_offer_it(self) -> None:
        page = signed_in().get("/admin/contractors/contractor/?type__exact=tile").content.decode()
        assert "export/contractors.csv?type__exact=tile" in page
        assert "importrun/add/?kind=contractors" in page
        assert "importrun/add" not in signed_in(Role.MANAGER).get("/admin/jobs/job/").content.decode()
