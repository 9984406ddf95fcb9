"""A file is checked without a trace, then imported by the services: row by row, each once, each reported."""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from contractors.models import Contractor
from contractors.shifts import Shift
from jobs.models import Job
from smartscheduler.accounts.policy import Role
from smartscheduler.errors import InvalidInput
from smartscheduler.events.models import OutboxEvent
from smartscheduler.exchange import work
from smartscheduler.exchange.cells import read_week, write_week
from smartscheduler.exchange.models import ImportedRow, ImportRun
from smartscheduler.exchange.services import begin, import_checked
from smartscheduler.exchange.work import work_on_files
from tests.factories import AssignmentFactory, ContractorFactory, JobFactory, UserFactory
from tests.pages import signed_in

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
def actor():
    return UserFactory()


def taken_in(text: str, actor, kind: str = "contractors") -> ImportRun:
    return begin(kind=kind, name="people.csv", content=text.encode(), actor=actor)


def checked(text: str, actor, kind: str = "contractors") -> ImportRun:
    run = taken_in(text, actor, kind)
    work_on_files()
    run.refresh_from_db()
    assert run.state == "checked"
    return run


def imported(text: str, actor, kind: str = "contractors") -> ImportRun:
    run = import_checked(run_id=checked(text, actor, kind).pk)
    work_on_files()
    run.refresh_from_db()
    assert run.state == "done"
    return run


def counts(run: ImportRun) -> tuple[int, int, int, int]:
    return run.created, run.updated, run.unchanged, run.refused


def errors(run: ImportRun) -> dict[int, dict[str, list[str]]]:
    return {row.number: row.errors for row in run.rows.filter(outcome="refused")}


def test_the_check_writes_nothing_and_the_import_what_it_said(actor):
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
    assert (event.type, event.actor["email"]) == ("ContractorCreated", actor.email)


def test_a_known_address_is_changed_and_what_is_not_in_the_file_stays(actor):
    ann = ContractorFactory(email="ann@example.com", skills=["Stairs"])
    text = "email,name,service_radius_miles\nANN@example.com,Ann Bell,\nann2@example.com,Nobody,\n"
    run = imported(text, actor)
    assert counts(run) == (0, 1, 0, 1)
    ann.refresh_from_db()
    assert (ann.name, ann.service_radius_miles, ann.skills, len(ann.shifts)) == ("Ann Bell", None, ["Stairs"], 7)
    assert set(errors(run)[3]) >= {"type", "phone_number"}
    assert counts(imported("email,name\nann@example.com,Ann Bell\n", actor)) == (0, 0, 1, 0)


def test_ten_kinds_of_errors_each_by_line_and_column(actor):
    ContractorFactory(email="other@example.com")
    bad = {
        "name": ("Ann Tiles", "A"),
        "type": (",tile,", ",paint,"),
        "phone_number": ("(512) 555-0143", "555"),
        "email": ("ann@example.com", "no address"),
        "service_radius_miles": (",40,", ",-4,"),
        "state": (",TX,", ",QQ,"),
        "zip_code": ("78701", "787"),
        "latitude": (",78701,,,", ",78701,91,-97,"),
        "working_hours": ("Mon-Fri 08:00-12:00", "Mon-Fry 08:00-12:00"),
        "skills": ("Mosaic", "x" * 61),
    }
    lines = [ANN.replace(*change).replace("ann@", f"ann{n}@") for n, change in enumerate(bad.values())]
    lines.append(ANN.replace("Mon-Fri 08:00-12:00", '"Mon 08:00-12:00, 11:00-13:00"').replace("ann@", "bob@"))
    lines.append(ANN.replace("ann@", "ANN0@"))
    run = checked("\n".join([HEAD, *lines]), actor)
    found = errors(run)
    for number, column in enumerate(bad, start=2):
        assert column in found[number], (column, found[number])
    assert "may not overlap" in found[12]["working_hours"][0]
    assert "Line 2 of this file has the same email." in found[13]["email"]
    assert not Contractor.objects.filter(name="Ann Tiles").exists()


def test_jobs_by_number_and_dates_by_the_clock_at_the_site(actor):
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
    found = errors(run)
    assert {number: sorted(found[number]) for number in found} == {
        3: ["address", "city", "state", "zip_code"],
        4: ["job_number"],
        5: ["desired_date"],
        6: ["duration"],
        7: ["desired_date"],
    }
    job = Job.objects.get(customer_name="Grace Hill")
    assert (job.duration, job.required_skills) == (timedelta(hours=2, minutes=30), ["Mosaic"])
    assert job.desired_date.astimezone(job.zone).strftime("%Y-%m-%d %H:%M") == f"{day} 09:00"


def test_only_the_columns_that_are_there_are_written(actor):
    old = JobFactory(priority="low", customer_name="Grace Hill")
    run = imported(f"job_number,priority\n{old.job_number},urgent\n", actor, "jobs")
    assert counts(run) == (0, 1, 0, 0)
    old.refresh_from_db()
    assert (old.priority, old.customer_name) == ("urgent", "Grace Hill")


def test_a_job_under_a_booking_is_not_moved(actor):
    booked = AssignmentFactory()
    run = checked(f"job_number,duration\n{booked.job.job_number},8:00\n", actor, "jobs")
    assert "live assignment" in errors(run)[2]["duration"][0]


@pytest.mark.parametrize(
    ("text", "said"),
    [("name\nAnn\n", "column email is missing"), ("email,shoe_size\na@b.c,9\n", "Unknown columns: shoe_size")],
)
def test_a_file_that_makes_no_sense_is_refused_as_a_whole(actor, text, said):
    with pytest.raises(InvalidInput, match=said):
        taken_in(text, actor)
    assert not ImportRun.objects.exists()


def test_a_file_is_imported_once_and_not_before_it_is_checked(actor):
    run = taken_in(f"{HEAD}\n{ANN}\n", actor)
    with pytest.raises(InvalidInput, match="has been checked"):
        import_checked(run_id=run.pk)
    work_on_files()
    import_checked(run_id=run.pk)
    with pytest.raises(InvalidInput, match="only once"):
        import_checked(run_id=run.pk)
    with pytest.raises(InvalidInput, match="No row"):
        import_checked(run_id=checked("email,name\nx,y\n", actor).pk)


def test_it_goes_on_where_it_stopped(actor, monkeypatch):
    lines = [ANN.replace("ann@", f"ann{n}@") for n in range(5)]
    run = import_checked(run_id=checked("\n".join([HEAD, *lines]), actor).pk)
    done, once = [], work.work_on

    def die_at_the_third(*given, **more):
        done.append(given)
        if len(done) == 3:
            raise KeyboardInterrupt
        return once(*given, **more)

    monkeypatch.setattr(work, "BATCH_ROWS", 2)
    monkeypatch.setattr(work, "work_on", die_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        work_on_files()
    run.refresh_from_db()
    assert (run.at, Contractor.objects.count(), ImportedRow.objects.count()) == (2, 2, 2)
    monkeypatch.setattr(work, "work_on", once)
    work_on_files()
    run.refresh_from_db()
    assert (run.state, counts(run)) == ("done", (5, 0, 0, 0))


@pytest.mark.parametrize(
    "text",
    ["Mon 08:00-12:00, 13:00-17:00; Sat 20:00-24:00", "Sun 00:00-08:00", "Mon-Fri 8:00-17:00", "Fri-Mon 09:00-10:00"],
)
def test_a_week_is_read_as_it_is_written(text):
    shifts = [
        Shift(one["day_of_week"], time.fromisoformat(one["start_time"]), time.fromisoformat(one["end_time"]))
        for one in read_week(text)
    ]
    person = ContractorFactory(hours=shifts)
    again = read_week(write_week(person.shifts))
    assert sorted(again, key=str) == sorted(read_week(text), key=str)


class TestThePages:
    def upload(self, client, text: str, name: str = "people.csv", kind: str = "contractors"):
        file = SimpleUploadedFile(name, text.encode(), content_type="text/csv")
        return client.post(reverse("admin:exchange_importrun_add"), {"kind": kind, "file": file}, follow=True)

    def test_from_the_file_to_the_rows(self):
        client = signed_in()
        page = self.upload(
            client, f"{HEAD}\n{ANN}\n{ANN.replace('tile', 'paint').replace('ann@', 'bob@')}\n"
        ).content.decode()
        assert "Being checked" in page
        assert "/progress/" in page
        work_on_files()
        run = ImportRun.objects.get()
        address = reverse("admin:exchange_importrun_change", args=[run.pk])
        page = client.get(address).content.decode()
        assert "An import would add 1" in page
        assert "type: “paint” is not a valid choice." in page.replace("&quot;paint&quot;", "“paint”")
        client.post(reverse("admin:exchange_importrun_import", args=[run.pk]))
        work_on_files()
        assert "Imported: 1 new" in client.get(address).content.decode()
        assert Contractor.objects.get().name == "Ann Tiles"
        result = b"".join(client.get(reverse("admin:exchange_importrun_result", args=[run.pk, "csv"]))).decode()
        assert result.splitlines()[0].endswith("working_hours,result,errors,remarks")
        assert ",New,,The coordinates are the middle of ZIP code 78701." in result.splitlines()[1]
        assert "Refused" in result.splitlines()[2]

    def test_a_bad_file_is_said_on_the_form(self):
        page = self.upload(signed_in(), "name\nAnn\n").content.decode()
        assert "The column email is missing" in page
        assert "Only .csv and .xlsx are read." in self.upload(signed_in(), "x", "people.pdf").content.decode()
        assert not ImportRun.objects.exists()

    def test_a_manager_may_not(self):
        client = signed_in(Role.MANAGER)
        assert self.upload(client, f"{HEAD}\n{ANN}\n").status_code == 403
        assert client.get(reverse("admin:exchange_importrun_changelist")).status_code == 403

    @pytest.mark.parametrize("form", ["csv", "xlsx"])
    def test_an_export_comes_back_as_it_was(self, form, actor):
        ContractorFactory(name="=Ann", skills=["Stairs", "Mosaic"], service_radius_miles=None, type="tile")
        ContractorFactory(name="Bob", phone_number="(512) 555-0143", type="carpet")
        JobFactory(special_requirements="- Mind the dog", required_skills=["Stairs"])
        AssignmentFactory()
        for kind in ("contractors", "jobs"):
            answer = signed_in().get(reverse("admin:exchange_export", args=[kind, form]))
            content = b"".join(answer) if answer.streaming else answer.content
            run = begin(kind=kind, name=f"x.{form}", content=content, actor=actor)
            work_on_files()
            run.refresh_from_db()
            assert (run.total, counts(run)) == (run.unchanged, (0, 0, run.total, 0)), errors(run)
            assert run.total >= 2

    def test_an_export_has_what_the_list_has(self):
        ContractorFactory(name="Ann", type="tile")
        ContractorFactory(name="Bob", type="carpet")
        answer = signed_in(Role.MANAGER).get(
            reverse("admin:exchange_export", args=["contractors", "csv"]) + "?type__exact=tile"
        )
        assert answer["Content-Disposition"].startswith('attachment; filename="contractors-')
        text = b"".join(answer).decode()
        assert "Ann" in text
        assert "Bob" not in text

    def test_an_export_costs_the_same_whatever_there_is(self, django_assert_max_num_queries):
        client = signed_in()
        ContractorFactory.create_batch(8)
        with django_assert_max_num_queries(8):
            b"".join(client.get(reverse("admin:exchange_export", args=["contractors", "csv"])))

    def test_there_is_no_export_of_anything_else(self):
        for kind, form in (("users", "csv"), ("jobs", "pdf")):
            assert signed_in().get(reverse("admin:exchange_export", args=[kind, form])).status_code == 404

    def test_the_lists_offer_it(self):
        page = signed_in().get("/admin/contractors/contractor/?type__exact=tile").content.decode()
        assert "export/contractors.csv?type__exact=tile" in page
        assert "importrun/add/?kind=contractors" in page
        assert "importrun/add" not in signed_in(Role.MANAGER).get("/admin/jobs/job/").content.decode()
