"""The history pages: content, visibility, query counts, and protection against writes."""

import re
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.db import ProgrammingError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from psycopg.types.range import TimestamptzRange

from assignments.models import Assignment
from assignments.services import assign_job, confirm_assignment, reassign_assignment, reschedule_assignment
from contractors.models import Contractor, WorkingHours
from contractors.services import update_contractor, update_rating, update_schedule
from contractors.working_week import Shift
from customers.services import create_customer
from jobs.models import Job
from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Role
from smartscheduler.accounts.service_accounts import create_service_account
from smartscheduler.adminsite.history.queries import all_kinds
from smartscheduler.core.actors import acting
from smartscheduler.history.triggers import Change
from smartscheduler.notifications.models import MessageTemplate
from tests.api import client_as
from tests.factories import AUSTIN, AbsenceFactory, AssignmentFactory, ContractorFactory, JobFactory, UserFactory, at
from tests.history.reading import everything, kind_of, last
from tests.pages import PageResponse, signed_in

pytestmark = pytest.mark.django_db
ALL = "/admin/history/"


def page_of(record: Any) -> str:
    meta = record._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_history", args=[record.pk])


def changes_on(response: PageResponse) -> list[Any]:
    assert response.status_code == 200, response
    return [change for occasion in response.context["occasions"] for change in occasion.changes]


def only(response: PageResponse, act: str, what: str) -> Any:
    """The one change of this kind that the page shows."""
    (change,) = (change for change in changes_on(response) if (change.act, change.what) == (act, what))
    return change


def lines(change: Any) -> dict[Any, Any]:
    return {line.field: (line.was, line.became) for line in change.lines}


def text(response: PageResponse) -> str:
    """What people read: without markup, with single blanks."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", response.content.decode())).split())


@pytest.fixture
def casey() -> User:
    return UserFactory(name="Casey", role=Role.COORDINATOR)


def test_a_change_in_peoples_words(casey: User) -> None:
    contractor = ContractorFactory(name="Ann", skills=["Stairs"], service_radius_miles=40)
    update_contractor(
        contractor_id=contractor.pk,
        type="tile",
        skills=["Mosaic", "Stairs"],
        service_radius_miles=None,
        phone_number="(512) 555-0100",
        actor=casey,
    )
    response = signed_in().get(page_of(contractor))
    change = changes_on(response)[0]
    assert (change.act, change.what, change.title) == ("changed", "contractor", "Ann")
    assert lines(change) == {
        "Type": ("Flooring", "Tile"),
        "Skills": ("Stairs", "Mosaic, Stairs"),
        "Service radius miles": ("40.00", "–"),
        "Phone number": ("(512) 555-0143", "(512) 555-0100"),
    }
    assert response.context["occasions"][0].who == "Casey"
    assert "Type from Flooring → to Tile" in text(response)


def test_instants_and_slots_in_local_time_of_the_site(casey: User) -> None:
    # Two o'clock in London is nine in Austin, in winter.
    job = JobFactory(desired_date=datetime(2031, 1, 7, 15, tzinfo=UTC))
    held = AssignmentFactory(job=job, start=datetime(2031, 1, 7, 15, tzinfo=UTC))
    later = datetime(2031, 1, 8, 20, 30, tzinfo=UTC)
    Job.objects.filter(pk=job.pk).update(desired_date=later, duration=timedelta(minutes=150))
    Assignment.objects.update(time_slot=TimestamptzRange(later, later + timedelta(hours=1), "[)"))
    response = signed_in().get(page_of(job))
    slot, job_lines = (lines(only(response, "changed", what)) for what in ("assignment", "job"))
    assert slot == {"Time slot": ("Tue, Jan 7, 2031, 9:00–11:00 AM CST", "Wed, Jan 8, 2031, 2:30–3:30 PM CST")}
    assert job_lines == {
        "Desired date": ("Tue, Jan 7, 2031, 9:00 AM CST", "Wed, Jan 8, 2031, 2:30 PM CST"),
        "Duration": ("2 h", "2 h 30 min"),
    }
    assert held.job == job


def test_a_contractors_page_has_hours_absences_and_ratings(casey: User) -> None:
    contractor = ContractorFactory(hours=[Shift(1, time(8), time(17))])
    AbsenceFactory(contractor=contractor, note="Away")
    other = ContractorFactory()
    update_schedule(contractor_id=contractor.pk, working_hours=[Shift(2, time(13), time(0))], actor=casey)
    response = signed_in().get(page_of(contractor))
    titles = [(change.act, change.what, change.title) for change in changes_on(response)[:2]]
    assert titles == [
        ("deleted", "working hours", "Monday 8:00 AM–5:00 PM"),
        ("created", "working hours", "Tuesday 1:00 PM–12:00 AM"),
    ]
    assert {change.what for change in changes_on(response)} == {"contractor", "working hours", "absence"}
    assert other.name not in text(response)
    assert len(response.context["occasions"][0].changes) == 2  # one occasion


def test_a_reference_that_changed_and_one_that_is_gone(casey: User) -> None:
    contractor, other = ContractorFactory(name="Ann"), ContractorFactory(name="Bob")
    held = assign_job(job_id=JobFactory().pk, contractor_id=contractor.pk, start=at(9, days=3), actor=casey)
    confirm_assignment(assignment_id=held.pk, actor=casey)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE assignments_assignment SET contractor_id = %s", [other.pk])
    assert lines(changes_on(signed_in().get(page_of(held)))[0]) == {"Contractor": ("Ann", "Bob")}
    Assignment.objects.all().delete()
    contractor.working_hours.all().delete()
    contractor.delete()
    response = signed_in().get(ALL)
    assert response.status_code == 200
    assert "(deleted) → to Bob" in text(response)


def test_hostile_values_are_text() -> None:
    contractor = ContractorFactory(name="Ann")
    evil = "<script>alert(1)</script>"
    with acting(UserFactory(name="<img src=x onerror=alert(2)>")):
        Contractor.objects.update(name=evil, city='"><b>bold</b>', skills=["{% now 'Y' %}"])
    for url in (ALL, page_of(contractor)):
        html = signed_in().get(url).content.decode()
        assert "<script>alert" not in html
        assert "<img src=x" not in html
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_values_that_no_rule_allows_are_shown_as_they_are() -> None:
    contractor = ContractorFactory()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE contractors_contractor SET time_zone = 'Nowhere/Land'")
        cursor.execute("UPDATE contractors_contractor SET rating = 3")
    assert "Nowhere/Land" in text(signed_in().get(ALL))
    assert contractor.rating == 4


def filtered(client: Client, **asked: Any) -> list[Any]:
    return [(change.act, change.what) for change in changes_on(client.get(ALL, asked))]


def test_filters(casey: User) -> None:
    contractor, client = ContractorFactory(hours=[]), signed_in()
    key = contractor.pk
    with acting(casey):
        job = JobFactory()
        Job.objects.update(city="Waco")
        Job.objects.update(city="Dallas", priority="high")
        contractor.delete()
    assert filtered(client, model="jobs.job") == [("created", "job"), ("changed", "job"), ("changed", "job")]
    assert filtered(client, model="jobs.job", field="priority") == [("changed", "job")]
    assert filtered(client, act="removed") == [("deleted", "contractor")]
    assert len(filtered(client, person=casey.pk)) == 4
    assert filtered(client, person="nobody") == [("created", "contractor")]
    assert filtered(client, person="directly") == []
    assert filtered(client, model="jobs.job", record=job.pk, act="changed") == [("changed", "job")] * 2
    today = datetime.now(UTC).date()
    assert len(filtered(client, since=today, until=today)) == 5
    assert filtered(client, until=today - timedelta(days=1)) == []
    gone: dict[str, Any] = {"model": "contractors.contractor", "record": key}
    assert sorted(filtered(client, **gone)) == [("created", "contractor"), ("deleted", "contractor")]
    assert "a deleted record" in text(client.get(ALL, gone))


@pytest.mark.parametrize(
    "asked",
    [
        {"model": "nothing.here"},
        {"model": "accounts.user"},
        {"model": "jobs.job", "record": "x"},
        {"record": "3"},
        {"act": "burnt"},
        {"since": "someday"},
        {"since": "2026-02-01", "until": "2026-01-01"},
        {"person": "'; DROP TABLE jobs_job; --"},
        {"person": "\x00"},
        {"model": "jobs.job", "field": "password"},
    ],
)
def test_what_cannot_be_asked_is_said_and_shows_nothing(asked: dict[str, str]) -> None:
    JobFactory()
    response = signed_in().get(ALL, asked)
    assert response.status_code == 200
    assert response.context["form"].errors
    assert not changes_on(response)


@pytest.mark.parametrize("before", ["x", "~~", "2026-01-01~a~1", "2026-01-01T00:00:00+00:00~a~-1", "\x00~\x00~1"])
def test_a_place_that_is_none_is_the_beginning(before: str) -> None:
    JobFactory()
    assert len(changes_on(signed_in().get(ALL, {"before": before}))) == 1


def test_pages_follow_one_another_without_gap_and_repeat(casey: User) -> None:
    for _ in range(30):
        contractor = ContractorFactory(hours=[Shift(1, time(8), time(17))])
        Contractor.objects.filter(pk=contractor.pk).update(city="Waco")
    client, url, seen = signed_in(), ALL, []
    while url:
        response = client.get(url)
        seen += [(change.act, change.what, change.of or change.title) for change in changes_on(response)]
        url = ALL + response.context["older_url"] if response.context["older_url"] else ""
        assert response.context["newest_url"] == "" if len(seen) <= 50 else "?"
    assert len(seen) == len(set(seen)) == 90


def test_changes_of_one_moment_keep_their_order_over_pages() -> None:
    JobFactory(), ContractorFactory()
    moment = last(Job).pgh_created_at
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for kind in all_kinds():
            kind.objects.update(pgh_created_at=moment)
    seen, place = [], None
    while True:
        page = everything(size=2, before=place)
        seen += [(change._meta.label, change.pk) for change in page.changes]
        place = page.older
        if not place:
            break
    assert len(seen) == len(set(seen)) == 9


def test_records_older_than_the_history_say_so(casey: User) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        old = JobFactory(city="Austin")
        cursor.execute("SET LOCAL session_replication_role = origin")
    response = signed_in().get(page_of(old))
    assert "No changes have been recorded" in text(response)
    assert "older than the history" in text(response)
    with acting(casey):
        Job.objects.update(city="Waco")
    response = signed_in().get(page_of(old))
    assert lines(changes_on(response)[0]) == {"City": ("Austin", "Waco")}
    assert "older than the history" in text(response)
    assert "older than the history" not in text(signed_in().get(page_of(JobFactory())))


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.MANAGER])
def test_changes_of_accounts_are_for_administrators(role: Role) -> None:
    user = UserFactory(name="Secret Name", email="secret@example.com")
    client = signed_in(role)
    assert not [change for change in changes_on(client.get(ALL)) if change.what == "user"]
    assert client.get(page_of(user)).status_code == 403
    boss = signed_in(Role.ADMINISTRATOR)
    assert "Secret Name" in {change.title for change in changes_on(boss.get(ALL))}
    assert [change.act for change in changes_on(boss.get(page_of(user)))] == ["created"]


def test_it_needs_a_sign_in(client: Client) -> None:
    job = JobFactory()
    for url in (ALL, page_of(job)):
        assert client.get(url)["Location"].startswith("/admin/login/")


@pytest.mark.parametrize("role", list(Role))
def test_no_role_can_write_in_it(role: Any) -> None:
    job, client = JobFactory(), signed_in(role)
    before = [change.pk for change in everything().changes]
    for url in (ALL, page_of(job)):
        html = client.get(url).content.decode()
        assert 'method="post"' not in html.replace('action="/admin/logout/"', "").split('<ol class="history">')[1]
    assert client.post(ALL, {"act": "removed"}).status_code == 405
    client.post(page_of(job), {"delete": "yes"})
    assert client_as(role).delete(f"/api/v1/jobs/{job.pk}/history/").status_code == 404
    assert [change.pk for change in everything().changes if change._meta.label != "accounts.UserChange"][-1:] == [
        kind_of(Job).objects.get().pk
    ]
    assert before


@pytest.mark.parametrize("kind", all_kinds(), ids=lambda kind: kind.__name__)
def test_the_database_itself_refuses_to_change_it(kind: type[Change]) -> None:
    held = AssignmentFactory(assigned_by=UserFactory())
    AbsenceFactory(contractor=held.contractor)
    MessageTemplate.objects.update_or_create(kind="booked", language="en", defaults={"subject": "Your visit"})
    update_rating(contractor_id=held.contractor_id, rating=Decimal(5), actor=None)
    create_customer(
        actor=None,
        name="Grace Hill",
        phones=[{"number": "(512) 555-0143"}],
        addresses=[AUSTIN],
        preferred=[held.contractor_id],
    )
    create_service_account(name="Web store", scopes=["jobs:read"], days=30, actor=None)
    kept = kind.objects.count()
    for refused in (lambda: kind.objects.update(pgh_label="never"), lambda: kind.objects.all()._raw_delete("default")):
        with pytest.raises(ProgrammingError, match="Cannot update or delete"), transaction.atomic():
            refused()
    assert kind.objects.exclude(pgh_label="never").count() == kept > 0


def queries(client: Client, url: str) -> tuple[int, str]:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return len(captured), "\n".join(query["sql"][:150] for query in captured)


def test_a_page_costs_the_same_however_much_is_on_it(casey: User) -> None:
    boss = signed_in(Role.ADMINISTRATOR)

    def some(count: int) -> Assignment:
        for n in range(count):
            held = AssignmentFactory(start=at(9, days=3 + n), assigned_by=UserFactory())
            AbsenceFactory(contractor=held.contractor)
        WorkingHours.objects.filter(day_of_week=1).delete()
        return held

    held = some(1)
    pages = [ALL, page_of(held), page_of(held.job), page_of(held.contractor), page_of(User.objects.first())]
    few = [queries(boss, url)[0] for url in pages]
    some(12)
    many = [queries(boss, url) for url in pages]
    assert [count for count, _ in many] == few, many
    assert max(few) <= 16, many[0][1]


@pytest.mark.parametrize("name", ["contractor", "job", "assignment", "user"])
def test_every_record_leads_to_its_history(name: str) -> None:
    held = AssignmentFactory()
    record = {"contractor": held.contractor, "job": held.job, "assignment": held, "user": User.objects.first()}
    boss = signed_in(Role.ADMINISTRATOR)
    instance = record[name] or User.objects.first()
    assert instance
    meta = instance._meta
    html = boss.get(reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[instance.pk])).content.decode()
    assert f'href="{page_of(instance)}"' in html
    response = boss.get(page_of(instance))
    assert response.context["all_history_url"] == f"{ALL}?model={meta.label_lower}&record={instance.pk}"
    assert changes_on(boss.get(response.context["all_history_url"]))


def test_an_unknown_record_has_no_history() -> None:
    assert signed_in().get("/admin/jobs/job/00000000-0000-4000-8000-000000000000/history/").status_code == 302
    assert signed_in().get("/admin/jobs/job/nothing/history/").status_code == 302


def test_a_moved_booking_says_from_when_to_when(casey: User) -> None:
    contractor, other = ContractorFactory(), ContractorFactory(name="Bob")
    held = assign_job(job_id=JobFactory().pk, contractor_id=contractor.pk, start=at(9, days=3), actor=casey)
    reschedule_assignment(assignment_id=held.pk, start=at(13, days=3), actor=casey)
    reassign_assignment(assignment_id=held.pk, contractor_id=other.pk, actor=casey)
    response = signed_in().get(page_of(held.job))
    titles = [(change.act, change.what) for change in changes_on(response)]
    assert titles.count(("created", "assignment")) == 2
    moved = [
        lines(change) for change in changes_on(response) if change.act == "changed" and change.what == "assignment"
    ]
    (slot,) = (change["Time slot"] for change in moved if "Time slot" in change)
    assert "9:00–11:00 AM" in slot[0]
    assert "1:00–3:00 PM" in slot[1]
    assert ("Pending", "Canceled") in [change.get("Status") for change in moved]
