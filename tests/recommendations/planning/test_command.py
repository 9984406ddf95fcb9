"""`manage.py plan`: options, progress, tables, and acceptance."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from assignments.models import Assignment
from recommendations.planning import child_run
from recommendations.planning.models import Plan
from recommendations.planning.scope import Scope
from smartscheduler.core import child_process
from tests.factories import AssignmentFactory, ContractorFactory, JobFactory, UserFactory

pytestmark = pytest.mark.django_db


def in_this_process(target: str, payload: bytes, *, beat: Any, **_: Any) -> bytes:
    beat()
    return child_run.run_for_parent(payload)


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child_process, "call", in_this_process)


def plan(*options: str) -> str:
    out = StringIO()
    call_command("plan", *options, stdout=out)
    return out.getvalue()


def test_it_prints_the_items_and_books_nothing() -> None:
    contractor = ContractorFactory()
    job, other = JobFactory(), JobFactory(type="tile")
    report = plan("--first", "+1", "--last", "+5", "--seed", "3")
    assert contractor.name in report
    assert job.job_number in report
    assert f"{other.job_number} is left out: There is no active tile contractor near the site.\n" in report
    assert "By hand" in report
    assert Plan.objects.get().seed == 3
    assert f"{Plan.objects.get().number} is ready." in report
    assert not Assignment.objects.exists()


def test_it_plans_the_jobs_of_the_options_and_accepts_them() -> None:
    ContractorFactory.create_batch(2)
    chosen, _ = JobFactory.create_batch(2, duration=timedelta(hours=3))
    JobFactory(latitude="40.7128", longitude="-74.0060", zip_code="10001")
    user = UserFactory()
    report = plan("--zip", "78701", "--job", chosen.job_number, "--accept", "--as", user.email)
    assert "Booked 1, stale 0." in report
    booked = Assignment.objects.get()
    assert (booked.job, booked.assigned_by) == (chosen, user)
    assert Plan.objects.get().state == "accepted"


def test_contractors_priorities_and_locks_limit_the_plan() -> None:
    ada, bruno = ContractorFactory.create_batch(2)
    urgent, _low = JobFactory(priority="urgent"), JobFactory(priority="low")
    kept = AssignmentFactory(contractor=ada)
    plan("--priority", "urgent", "--exclude", f"{bruno.email}=Fixes the van", "--lock", kept.job.job_number)
    scope = Scope.of_json(Plan.objects.get().scope)
    assert list(scope.jobs) == [urgent.pk]
    assert (scope.excluded, scope.locks) == ({bruno.pk: "Fixes the van"}, {kept.pk: "contractor_and_time"})
    plan("--contractor", bruno.email, "--lock", f"{kept.job.job_number}=day", "--may-change", "pending")
    scope = Scope.of_json(Plan.objects.latest("created_at").scope)
    assert (scope.contractors, scope.locks) == ([bruno.pk], {kept.pk: "day"})
    with pytest.raises(CommandError, match="“luck” is not a choice"):
        plan("--lock", f"{kept.job.job_number}=luck")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--job", "JOB-20200101-00000000"), "There is no job JOB-20200101-00000000."),
        (("--zip", "00000"), "The place of ZIP code 00000 is not known."),
        (("--as", "nobody@example.com"), "There is no account nobody@example.com."),
        (("--first", "+3", "--last", "+2"), "The last day is before the first day."),
        (("--first", "monday"), "'monday' is not a day"),
        (("--contractor", "no@example.com"), "There is no contractor no@example.com."),
        (("--exclude", "no@example.com=Ill"), "There is no contractor no@example.com."),
        (("--exclude", "no@example.com"), "Say why no@example.com is left out"),
        (("--lock", "JOB-20200101-00000000"), "JOB-20200101-00000000 has no booking that could be locked."),
    ],
    ids=str,
)
def test_a_wrong_option_is_named(options: tuple[str, ...], sentence: str) -> None:
    JobFactory()
    with pytest.raises(CommandError, match=sentence):
        plan(*options)
    assert not Plan.objects.exists()
