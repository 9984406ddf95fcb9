"""Retention deletes exactly the old data, and dependent data stays consistent."""

from datetime import datetime, timedelta
from decimal import Decimal
from io import StringIO
from uuid import uuid4

import pytest
import time_machine
from axes.models import AccessFailureLog, AccessLog
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from pytest_django import Settings

from assignments.models import Assignment
from contractors.models import Contractor, Rating
from contractors.services import update_rating
from jobs.models import Job
from recommendations.planning.models import Plan, PlanItem
from smartscheduler.accounts.models import BrowserSession, TokenFamily
from smartscheduler.events.models import OutboxEvent
from smartscheduler.history.retention import history_models
from smartscheduler.idempotency.models import KeptAnswer
from smartscheduler.imports.models import ImportedRow, ImportRun
from smartscheduler.notifications.models import Mail
from smartscheduler.ops import doctor
from smartscheduler.ops.retention import delete
from smartscheduler.ops.retention.policies import retain, rules
from smartscheduler.ops.tasks import remove_what_is_old
from tests.api import client_as
from tests.events.test_event_log import numbered_events
from tests.factories import (
    AssignmentFactory,
    ContractorFactory,
    JobFactory,
    PlanFactory,
    PlanItemFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def now() -> datetime:
    return timezone.now()


def removed() -> dict[str, int]:
    return remove_what_is_old()


def completed(ago: timedelta) -> Assignment:
    """A job that was done so long ago."""
    done = now() - ago
    job = JobFactory(status="completed", completed_at=done, customer_name="Ann Customer")
    return AssignmentFactory(
        job=job, status="completed", confirmed_at=done, started_at=done, completed_at=done, start=done
    )


def mail(assignment: Assignment, ago: timedelta, **fields: object) -> Mail:
    made = Mail.objects.create(
        id=uuid4(),
        kind="assigned",
        assignment=assignment,
        due_at=now(),
        **{"revision": 0, "state": "skipped", **fields},
    )
    Mail.objects.filter(pk=made.pk).update(created_at=now() - ago)
    return made


def imported(ago: timedelta, state: str = "done") -> ImportRun:
    run = ImportRun.objects.create(kind="jobs", name="jobs.csv", content=b"personal", state=state)
    ImportRun.objects.filter(pk=run.pk).update(created_at=now() - ago)
    ImportedRow.objects.create(run=run, number=2, label="Ann", outcome="created")
    return run


class TestJobs:
    def test_go_after_seven_years_with_assignments_and_mails(self, settings: Settings) -> None:
        old, young = completed(settings.JOB_RETENTION + DAY), completed(settings.JOB_RETENTION - DAY)
        mail(old, settings.JOB_RETENTION)
        cancelled = JobFactory(status="cancelled", cancelled_at=now() - settings.JOB_RETENTION - DAY)
        assert removed()["jobs"] == 2
        assert list(Job.objects.all()) == [young.job]
        assert list(Assignment.objects.all()) == [young]
        assert not Mail.objects.exists()
        assert not Job.objects.filter(pk=cancelled.pk).exists()
        assert OutboxEvent.objects.count() == 0

    @pytest.mark.parametrize("status", ["open", "assigned", "in_progress"])
    def test_stay_while_they_are_not_over_however_old(self, settings: Settings, status: str) -> None:
        job = JobFactory(status=status, desired_date=now() - 2 * settings.JOB_RETENTION)
        Job.objects.update(created_at=now() - 2 * settings.JOB_RETENTION)
        assert "jobs" not in removed()
        assert Job.objects.get() == job

    def test_leave_the_rating_in_the_mean_without_who_and_for_what(self, settings: Settings) -> None:
        assignment = completed(settings.JOB_RETENTION + DAY)
        person = assignment.contractor
        Contractor.objects.filter(pk=person.pk).update(rating=0, rating_count=0, rating_total=0)
        for value, job_id in ((Decimal("3.00"), assignment.job_id), (Decimal("5.00"), None)):
            update_rating(contractor_id=person.pk, rating=value, comment="To Ann", job_id=job_id, actor=UserFactory())
        before = Contractor.objects.values("rating", "rating_count", "rating_total").get()
        assert removed()["jobs"] == 1
        assert Contractor.objects.values("rating", "rating_count", "rating_total").get() == before
        assert before["rating"] == Decimal("4.00")
        kept = Rating.objects.get(value=3)
        assert (kept.job_id, kept.comment, kept.given_by) == (None, "", None)
        assert Rating.objects.get(value=5).comment == "To Ann"
        outcomes = list(doctor.examine(doctor.chosen(names=["ratings-add-up"]), show=5))
        assert [outcome.is_clean for outcome in outcomes] == [True]

    def test_go_in_batches(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(delete, "BATCH", 2)
        for _ in range(5):
            JobFactory(status="cancelled", cancelled_at=now() - settings.JOB_RETENTION - DAY)
        (rule,) = (each for each in rules() if each.name == "jobs")
        assert [rule.remove(rule.due()) for _ in range(4)] == [2, 2, 1, 0]

    def test_stop_when_the_time_is_over_and_go_on_the_next_time(self, settings: Settings) -> None:
        JobFactory(status="cancelled", cancelled_at=now() - settings.JOB_RETENTION - DAY)
        assert retain(rules(), seconds=0) == {rule.name: 0 for rule in rules()}
        assert Job.objects.count() == 1
        assert removed() == {"jobs": 1}
        assert removed() == {}

    @pytest.mark.django_db(transaction=True)
    def test_wait_while_a_worker_processes_one(self, settings: Settings) -> None:
        ids = [JobFactory(status="cancelled", cancelled_at=now() - settings.JOB_RETENTION - DAY).pk for _ in range(2)]
        with transaction.atomic():
            other = connection.copy()
            try:
                with other.cursor() as cursor:
                    other.set_autocommit(False)
                    cursor.execute("SELECT FROM jobs_job WHERE id = %s FOR NO KEY UPDATE", [ids[0]])
                    (rule,) = (each for each in rules() if each.name == "jobs")
                    assert rule.remove(rule.due()) == 1
            finally:
                other.close()
        assert [job.pk for job in Job.objects.all()] == ids[:1]


class TestMails:
    def test_go_after_a_year(self, settings: Settings) -> None:
        assignment = completed(2 * DAY)
        mail(assignment, settings.MAIL_RETENTION + DAY)
        young = mail(assignment, settings.MAIL_RETENTION - DAY, revision=1)
        assert removed() == {"mails": 1}
        assert Mail.objects.get() == young

    def test_stay_while_the_assignment_lives(self, settings: Settings) -> None:
        mail(AssignmentFactory(), settings.MAIL_RETENTION + DAY)
        assert removed() == {}

    def test_stay_while_they_wait(self, settings: Settings) -> None:
        mail(completed(DAY), settings.MAIL_RETENTION + DAY, state="waiting")
        assert removed() == {}


class TestImports:
    def test_go_after_ninety_days_with_their_rows(self, settings: Settings) -> None:
        imported(settings.IMPORT_RETENTION + DAY)
        imported(settings.IMPORT_RETENTION + DAY, state="checked")
        young = imported(settings.IMPORT_RETENTION - DAY)
        assert removed() == {"imports": 2}
        assert ImportRun.objects.get() == young
        assert ImportedRow.objects.get().run == young

    @pytest.mark.parametrize("state", ["checking", "importing"])
    def test_stay_while_they_are_worked_on(self, settings: Settings, state: str) -> None:
        imported(settings.IMPORT_RETENTION + DAY, state=state)
        assert removed() == {}


class TestPlans:
    def planned(self, settings: Settings, *, days: int, state: str = "ready") -> Plan:
        plan = PlanFactory(state=state)
        Plan.objects.filter(pk=plan.pk).update(created_at=now() - settings.PLAN_RETENTION + days * DAY)
        return plan

    def test_go_after_ninety_days_with_their_items(self, settings: Settings) -> None:
        PlanItemFactory(plan=self.planned(settings, days=-1))
        young = self.planned(settings, days=1)
        assert removed() == {"plans": 1}
        assert Plan.objects.get() == young
        assert not PlanItem.objects.exists()

    def test_stay_while_a_booking_came_of_them(self, settings: Settings) -> None:
        PlanItemFactory(plan=self.planned(settings, days=-1), assignment=AssignmentFactory())
        assert removed() == {}

    @pytest.mark.parametrize("state", ["queued", "running"])
    def test_stay_while_they_are_worked_on(self, settings: Settings, state: str) -> None:
        self.planned(settings, days=-1, state=state)
        assert removed() == {}

    def test_go_with_the_last_job(self, settings: Settings) -> None:
        assignment = completed(settings.JOB_RETENTION + DAY)
        PlanItemFactory(plan=self.planned(settings, days=-1), job=assignment.job, assignment=assignment)
        assert removed() == {"jobs": 1, "plans": 1}


def test_events_go_as_they_are_pruned(settings: Settings) -> None:
    numbered_events(3, days_old=settings.EVENT_RETENTION.days + 1)
    numbered_events(2, start=4)
    call_command("retain", "events", dry_run=True, stdout=StringIO())
    assert removed() == {"events": 3}
    assert list(OutboxEvent.objects.order_by("sequence").values_list("sequence", flat=True)) == [4, 5]


def test_what_has_ended_goes_at_once() -> None:
    user = UserFactory()
    for days in (-1, 1):
        BrowserSession.objects.create(session_key=f"key{days}", session_data="", expire_date=now() + days * DAY)
        TokenFamily.objects.create(user=user, current=str(days), expires_at=now() + days * DAY)
        KeptAnswer.objects.create(user=user, key=str(days), fingerprint="", created_at=now() + (days - 0.5) * DAY)
    assert removed() == {"answers": 1, "sessions": 1, "tokens": 1}
    assert BrowserSession.objects.get().session_key == "key1"
    assert TokenFamily.objects.get().current == "1"
    assert KeptAnswer.objects.get().key == "1"


def test_who_signed_in_from_where_goes_after_three_years(settings: Settings) -> None:
    for model in (AccessLog, AccessFailureLog):
        for ago in (settings.AUDIT_RETENTION + DAY, settings.AUDIT_RETENTION - DAY):
            made = model.objects.create(
                username="ann@example.com", ip_address="192.0.2.1", user_agent="", path_info="/"
            )
            model.objects.filter(pk=made.pk).update(attempt_time=now() - ago)
    assert removed() == {"sign-ins-accesslog": 1, "sign-ins-accessfailurelog": 1}
    assert (AccessLog.objects.count(), AccessFailureLog.objects.count()) == (1, 1)


class TestTheCommand:
    def report(self, *options: str) -> str:
        out = StringIO()
        call_command("retain", *options, stdout=out)
        return out.getvalue()

    def row(self, report: str, name: str) -> list[str]:
        (line,) = (line for line in report.split("\n") if line.startswith(f"│ {name} "))
        return [cell.strip() for cell in line.strip("│").split("│")]

    def test_a_dry_run_says_what_how_many_and_older_than_what(self, settings: Settings) -> None:
        completed(settings.JOB_RETENTION + DAY)
        with time_machine.travel(now(), tick=False):
            report, moment = self.report("--dry-run"), now()
        name, what, kept, older_than, count = self.row(report, "jobs")
        assert (name, what, kept, count) == ("jobs", "closed jobs with their assignments and emails", "2557 days", "1")
        assert older_than == f"{moment - settings.JOB_RETENTION:%Y-%m-%d %H:%M}"
        assert self.row(report, "mails")[-1] == "0"
        assert self.row(report, "sessions")[2] == "until it expires"
        assert Job.objects.count() == 1

    def test_without_it_they_go(self, settings: Settings) -> None:
        completed(settings.JOB_RETENTION + DAY)
        imported(settings.IMPORT_RETENTION + DAY)
        assert self.row(self.report("jobs"), "jobs")[-1] == "1"
        assert Job.objects.count() == 0
        assert ImportRun.objects.count() == 1

    def test_a_second_run_finds_nothing(self, settings: Settings) -> None:
        completed(settings.JOB_RETENTION + DAY)
        self.report()
        assert all(self.row(self.report(), rule.name)[-1] == "0" for rule in rules())


class TestTheHistory:
    def rows(self, model: type) -> int:
        return sum(history.objects.count() for history in history_models() if history.pgh_tracked_model is model)

    def test_goes_after_three_years(self, settings: Settings) -> None:
        person = ContractorFactory(hours=[])
        (history,) = (model for model in history_models() if model.pgh_tracked_model is Contractor)
        (change,) = history.objects.filter(pgh_obj=person.pk)
        columns = [field.name for field in history._meta.concrete_fields if not field.primary_key]
        old = {name: getattr(change, name) for name in columns} | {
            "pgh_created_at": now() - settings.AUDIT_RETENTION - DAY
        }
        history.objects.create(**old)
        assert removed() == {f"history-{history._meta.model_name}": 1}
        assert list(history.objects.filter(pgh_obj=person.pk)) == [change]

    def test_goes_by_no_other_way(self) -> None:
        ContractorFactory(hours=[])
        (history,) = (model for model in history_models() if model.pgh_tracked_model is Contractor)
        with pytest.raises(DatabaseError), transaction.atomic():
            history.objects.all().delete()
        assert history.objects.count() == 1

    def test_of_a_job_goes_with_it_and_does_not_tell_of_its_end(self, settings: Settings) -> None:
        old = completed(settings.JOB_RETENTION + DAY)
        completed(settings.JOB_RETENTION - DAY)
        assert (self.rows(Job), self.rows(Assignment)) == (2, 2)
        removed()
        assert not Job.objects.filter(pk=old.job_id).exists()
        assert (self.rows(Job), self.rows(Assignment)) == (1, 1)


def test_a_contractor_whose_old_job_went_is_shown_as_before(settings: Settings) -> None:
    assignment = completed(settings.JOB_RETENTION + DAY)
    client = client_as("manager")
    url = f"/api/v1/contractors/{assignment.contractor_id}/"
    before = client.get(url).json()
    removed()
    assert client.get(url).json() == before
