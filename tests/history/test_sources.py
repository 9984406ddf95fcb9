"""The history records author, source, old values, and new values for every entry point."""

import sys
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from psycopg.types.range import TimestamptzRange
from pytest_django import DjangoAssertNumQueries

from assignments.models import Assignment
from assignments.services import assign_job
from contractors.models import Absence, Contractor, Rating, WorkingHours
from contractors.services import add_absence, deactivate_contractor, update_contractor, update_rating, update_schedule
from jobs.models import Job
from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Role
from smartscheduler.core.actors import acting, source
from smartscheduler.imports.services import begin, import_checked
from smartscheduler.imports.tasks import work_on_imports
from smartscheduler.timeslots import TimeSlot
from tests.api import PLACE, V1, client_of
from tests.factories import WEEKDAYS, AssignmentFactory, ContractorFactory, JobFactory, UserFactory, at
from tests.history.reading import acts, changes, kind_of, last, total
from tests.imports.test_imports import ANN, HEAD
from tests.pages import fields, saved, signed_in

pytestmark = pytest.mark.django_db
REQUEST = "request-of-this-test"


@pytest.fixture
def casey() -> User:
    return UserFactory(name="Casey", role=Role.COORDINATOR)


def browser(user: User) -> Client:
    client = signed_in()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    client.defaults["HTTP_X_REQUEST_ID"] = REQUEST
    return client


def by(user: User, door: str, at: str) -> dict[Any, Any]:
    return {"user": str(user.pk), "name": user.name, "door": door, "at": at}


def test_a_form_of_the_admin(casey: User) -> None:
    contractor, client = ContractorFactory(name="Ann"), browser(casey)
    url = reverse("admin:contractors_contractor_change", args=[contractor.pk])
    assert saved(client.post(url, {**fields(client, url, "contractor_form"), "name": "Ann Marie"}))
    change = last(Contractor)
    assert (change.pgh_label, change.pgh_before, change.name) == ("changed", {"name": "Ann"}, "Ann Marie")
    assert change.pgh_context == {**by(casey, "back-office", f"POST {url}"), "request": REQUEST}


def test_an_act_of_the_admin(casey: User) -> None:
    assignment = AssignmentFactory()
    url = f"/admin/assignments/assignment/{assignment.pk}/confirm/"
    browser(casey).post(url)
    change = last(Assignment)
    assert change.pgh_before == {"status": "pending", "confirmed_at": None}
    assert (change.status, change.pgh_context["user"]) == ("confirmed", str(casey.pk))
    assert change.pgh_context["at"] == f"POST {url}"


def test_a_bulk_action_of_the_admin(casey: User) -> None:
    crew = [ContractorFactory() for _ in range(3)]
    url = "/admin/contractors/contractor/"
    chosen = {
        "action": "deactivate_selected",
        "_selected_action": [contractor.pk for contractor in crew],
        "confirmed": "1",
    }
    browser(casey).post(url, chosen)
    deactivations = changes(Contractor, pgh_label="changed")
    assert {change.pgh_obj_id for change in deactivations} == {contractor.pk for contractor in crew}
    assert all(change.pgh_before == {"status": "active"} for change in deactivations)
    assert {change.pgh_context["user"] for change in deactivations} == {str(casey.pk)}


def test_the_api_with_a_token(casey: User) -> None:
    client = client_of(casey)
    job = JobFactory(priority="low")
    response = client.patch(f"{V1}/jobs/{job.pk}/", {"priority": "urgent"}, HTTP_X_REQUEST_ID=REQUEST)
    assert response.status_code == 200
    change = last(Job)
    assert (change.pgh_before, change.priority) == ({"priority": "low"}, "urgent")
    assert change.pgh_context == {**by(casey, "API", f"PATCH {V1}/jobs/{job.pk}/"), "request": REQUEST}


def test_what_is_made_through_the_api_and_repeated_with_a_key(casey: User) -> None:
    client = client_of(casey)
    body = {"type": "tile", "desired_date": at(9, days=3).isoformat(), "duration": "02:00:00", "location": PLACE}
    for _ in range(2):
        answer = client.post(f"{V1}/jobs/", body, HTTP_IDEMPOTENCY_KEY="once")
        assert answer.status_code == 201, answer.content
    assert acts(Job) == ["created"]
    assert last(Job).pgh_context["user"] == str(casey.pk)


def test_an_import_in_the_worker_has_the_uploader_as_author(casey: User) -> None:
    run = begin(kind="contractors", name="people.csv", content=f"{HEAD}\n{ANN}\n".encode(), actor=casey)
    work_on_imports()
    assert total() == total_of_users()
    import_checked(run_id=run.pk)
    work_on_imports()
    task = work_on_imports.name
    assert last(Contractor).pgh_context == by(casey, "task", task)
    assert {change.pgh_context["user"] for change in changes(WorkingHours)} == {str(casey.pk)}


def total_of_users() -> int:
    return len(changes(User))


def test_a_command_names_itself(monkeypatch: pytest.MonkeyPatch, casey: User) -> None:
    monkeypatch.setattr(sys, "argv", ["manage.py", "seed_demo", "--contractors", "2"])
    call_command("seed_demo", contractors=2, jobs=0, verbosity=0)
    assert last(Contractor, pgh_label="created").pgh_context == by(casey, "command", "seed_demo")


def test_a_command_without_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["manage.py", "createsuperuser"])
    User.objects.create_superuser("root@example.com")
    assert last(User).pgh_context == {"door": "command", "at": "createsuperuser"}


def test_sql_that_does_not_come_through_django_has_no_author() -> None:
    job = JobFactory(priority="low")
    with connection.cursor() as cursor:
        # What psql would send: the wrapper of Django's cursor is not asked.
        cursor.execute("SELECT set_config('pghistory.context_metadata', '', true)")
        cursor.cursor.execute("UPDATE jobs_job SET priority = 'high' WHERE id = %s", [job.pk])
    change = last(Job)
    assert (change.pgh_before, change.priority, change.pgh_context) == ({"priority": "low"}, "high", None)


def test_sql_through_django_has_one(casey: User) -> None:
    job = JobFactory(customer_name="100% Ann")
    with acting(casey), connection.cursor() as cursor:
        cursor.execute("UPDATE jobs_job SET customer_name = '50%'")
        cursor.execute("  delete from jobs_job where id = %s", [job.pk])
    changed, removed = changes(Job)[1:]
    assert (changed.pgh_before, changed.customer_name) == ({"customer_name": "100% Ann"}, "50%")
    assert (removed.pgh_label, removed.customer_name) == ("removed", "50%")
    assert removed.pgh_context["user"] == changed.pgh_context["user"] == str(casey.pk)


def test_many_statements_at_once_are_signed_inside_a_transaction(casey: User) -> None:
    jobs = [JobFactory(), JobFactory()]
    with acting(casey), transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany("UPDATE jobs_job SET city = %s WHERE id = %s", [("Waco", job.pk) for job in jobs])
    assert [change.pgh_context["user"] for change in changes(Job, pgh_label="changed")] == [str(casey.pk)] * 2


def test_bulk_create_bulk_update_and_update_of_a_queryset(casey: User) -> None:
    with acting(casey):
        jobs = Job.objects.bulk_create([JobFactory.build(city="Austin") for _ in range(3)])
        for job in jobs:
            job.city = "Waco"
        Job.objects.bulk_update(jobs, ["city"])
        Job.objects.update(city="Dallas")
    assert acts(Job) == ["created"] * 3 + ["changed"] * 6
    assert [change.pgh_before for change in changes(Job, city="Dallas")] == [{"city": "Waco"}] * 3
    assert {change.pgh_context["user"] for change in changes(Job)} == {str(casey.pk)}


def test_copy_is_seen_and_signed_by_what_its_transaction_has_said(casey: User) -> None:
    contractor = ContractorFactory(hours=[])
    with acting(casey), transaction.atomic():
        Contractor.objects.filter(pk=contractor.pk).update(city="Waco")
        columns = "(contractor_id, day_of_week, start_time, end_time)"
        with connection.cursor() as cursor, cursor.copy(f"COPY contractors_workinghours {columns} FROM STDIN") as copy:
            copy.write_row((contractor.pk, 1, "08:00", "12:00"))
    assert last(WorkingHours).pgh_label == "created"
    assert last(WorkingHours).pgh_context["user"] == str(casey.pk)


def test_the_services_sign_once_for_all_that_they_write(casey: User) -> None:
    contractor = ContractorFactory()
    update_schedule(contractor_id=contractor.pk, working_hours=WEEKDAYS, actor=casey)
    signed = [change for change in changes(WorkingHours) if change.pgh_context.get("user")]
    assert [change.pgh_label for change in signed] == ["removed"] * 7 + ["created"] * 5
    period = TimeSlot(at(8, days=3), at(17, days=4))
    add_absence(contractor_id=contractor.pk, period=period, actor=casey)
    update_rating(contractor_id=contractor.pk, rating=Decimal(5), actor=casey)
    assert last(Absence).period == TimestamptzRange(period.start, period.end, "[)")
    assert last(Rating).pgh_context["user"] == str(casey.pk)
    assert last(Contractor).pgh_before.keys() == {"rating", "rating_count", "rating_total"}


def test_a_booking_is_two_changes_and_no_statement_more(
    casey: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    contractor, job = ContractorFactory(), JobFactory()
    assign_job(job_id=job.pk, contractor_id=contractor.pk, start=at(9, days=3), actor=casey)
    assert last(Job).pgh_before == {"status": "open"}
    assert last(Assignment).pgh_label == "created"
    with django_assert_num_queries(1):
        Job.objects.filter(pk=job.pk).update(city="Waco")


def test_authors_inside_one_another(casey: User) -> None:
    """A service inside the transaction of another author, and writes after it."""
    ann, contractor = UserFactory(name="Ann"), ContractorFactory()
    with transaction.atomic(), acting(ann):
        update_contractor(contractor_id=contractor.pk, name="By Casey", actor=casey)
        Contractor.objects.update(name="By Ann")
        try:
            with transaction.atomic(), acting(casey):
                Contractor.objects.update(name="Never")
                raise ValueError
        except ValueError:
            Contractor.objects.update(name="By Ann again")
        deactivate_contractor(contractor_id=contractor.pk, actor=None)
    authors = [(change.name, change.pgh_context["name"]) for change in changes(Contractor, pgh_label="changed")]
    assert authors == [
        ("By Casey", "Casey"),
        ("By Ann", "Ann"),
        ("By Ann again", "Ann"),
        ("By Ann again", "Ann"),
    ]


def test_what_is_rolled_back_has_no_history(casey: User) -> None:
    contractor, before = ContractorFactory(), total()
    with transaction.atomic():
        update_contractor(contractor_id=contractor.pk, name="Never", actor=casey)
        assert total() == before + 1
        transaction.set_rollback(True)
    assert total() == before


def test_what_the_database_keeps_by_itself_is_no_change() -> None:
    contractor = ContractorFactory(hours=[])
    WorkingHours.objects.create(contractor=contractor, day_of_week=1, start_time="08:00", end_time="12:00")
    contractor.refresh_from_db()
    assert contractor.weekdays == 2
    contractor.save()  # a new version, and nothing else
    assert acts(Contractor) == ["created"]


def test_a_name_that_is_no_name() -> None:
    """What comes from an address cannot break the write: quotes, per cent signs, NUL, and no end."""
    with source("page", "GET /'); DROP TABLE jobs_job; --%s%%\x00\\u0000\udcff\\" + "x" * 500):
        JobFactory()
    assert last(Job).pgh_context["at"].startswith("GET /'); DROP TABLE jobs_job; --%s%%\\u0000?\\x")
    assert len(last(Job).pgh_context["at"]) < 201


def test_a_password_leaves_a_trace_and_no_value() -> None:
    boss, user = UserFactory(role=Role.ADMINISTRATOR), UserFactory(name="Ann")
    url = reverse("admin:auth_user_password_change", args=[user.pk])
    sent = {"password1": "correct horse battery", "password2": "correct horse battery", "usable_password": "true"}
    assert browser(boss).post(url, sent).status_code == 302
    change = last(User)
    assert (change.pgh_label, change.pgh_before, change.pgh_context["user"]) == ("password", None, str(boss.pk))
    names = {field.name for field in kind_of(User)._meta.get_fields()}
    assert not names & {"password", "last_login"}


def test_signing_in_is_no_change_of_the_account() -> None:
    user = UserFactory()
    browser(user).get("/admin/")
    user.refresh_from_db()
    assert user.last_login
    assert acts(User, pgh_obj_id=user.pk) == ["created"]


def test_the_person_survives_the_account(casey: User) -> None:
    job = JobFactory()
    with acting(casey):
        Job.objects.update(city="Waco")
    key = str(casey.pk)
    casey.delete()
    assert last(Job, pgh_obj_id=job.pk).pgh_context["user"] == key
    assert last(Job, pgh_obj_id=job.pk).pgh_context["name"] == "Casey"


def test_a_change_of_the_day_keeps_its_order() -> None:
    job = JobFactory()
    Job.objects.update(desired_date=job.desired_date + timedelta(days=1))
    Job.objects.update(city="Waco")
    moments = [change.pgh_created_at for change in changes(Job)]
    assert moments == sorted(set(moments))


def test_reads_say_nothing(casey: User, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    ContractorFactory()
    with acting(casey), django_assert_num_queries(1) as captured:
        list(Contractor.objects.all())
    assert "set_config" not in captured[0]["sql"]
