"""`manage.py personal_data`: export, erasure, and replay of the erasure list."""

import json
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Role
from smartscheduler.privacy.models import Erasure
from smartscheduler.privacy.replay import BEFORE, DONE, GONE, REFUSED, replay
from tests.factories import AssignmentFactory, ContractorFactory, JobFactory, UserFactory
from tests.privacy.people import OF_ADA, OF_GRACE, found_anywhere, seed_contractor, seed_customer, seed_user

pytestmark = pytest.mark.django_db


def run(*words: str) -> str:
    out = StringIO()
    call_command("personal_data", *words, stdout=out)
    return out.getvalue()


@pytest.fixture
def actor(db: None) -> User:
    return UserFactory(role=Role.ADMINISTRATOR, email="avery@office.example")


def test_finds_a_customer(actor: User) -> None:
    jobs = seed_customer(actor)
    output = run("find", "--phone", "512-555-7703")
    assert all(job.job_number in output for job in jobs)
    assert "Jobs found: 2." in output


def test_exports_to_a_file(actor: User, tmp_path: Path) -> None:
    ada = seed_contractor(actor)
    path = tmp_path / "ada.json"
    assert f"Written to {path}" in run("export", "contractor", str(ada.pk), "--output", str(path))
    assert json.loads(path.read_text())["contractor"]["name"] == "Ada Tiles-Moore"
    assert "Name: Ada Tiles-Moore" in run("export", "contractor", str(ada.pk), "--format", "text")


def test_erases_only_when_told_twice(actor: User) -> None:
    ada = seed_contractor(actor)
    assert "cannot be undone" in run("erase", "contractor", str(ada.pk))
    assert not Erasure.objects.exists()
    output = run("erase", "contractor", str(ada.pk), "--yes", "--actor", actor.email)
    assert output == "Erased: now Former contractor 1.\n"
    assert Erasure.objects.get().erased_by == actor


def test_erases_a_customer_by_numbers_of_jobs(actor: User) -> None:
    jobs = seed_customer(actor)
    run("erase", "customer", *(job.job_number.lower() for job in jobs), "--yes")
    assert found_anywhere(OF_GRACE) == {}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["erase", "contractor", "nonsense", "--yes"], "nonsense is not an id"),
        (["erase", "contractor", "00000000-0000-4000-8000-000000000000", "--yes"], "No person has this id"),
        (["erase", "customer", "JOB-1", "--yes"], "There is no job JOB-1"),
        (
            ["export", "user", "00000000-0000-4000-8000-000000000000", "--actor", "x@y.z"],
            "No account has the address x@y.z",
        ),
        (["find"], "Enter a name"),
        (["replay", "/nowhere/list"], "cannot be read"),
    ],
)
def test_says_what_is_wrong(words: list[str], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        run(*words)


def test_a_restored_backup_is_put_right_by_the_list(actor: User, tmp_path: Path) -> None:
    """The list as it was written, and a database that shows the people again."""
    ada, jobs, uma = seed_contractor(actor), seed_customer(actor), seed_user()
    live, gone = AssignmentFactory().contractor, ContractorFactory()
    now = timezone.now()

    def line(kind: str, number: int, subject: UUID | None = None, jobs: list[Any] | tuple[()] = ()) -> dict[str, Any]:
        return Erasure(kind=kind, number=number, subject=subject, jobs=list(jobs), erased_at=now).as_json()

    lines = [
        line("contractor", 4, ada.pk),
        line("customer", 2, jobs=[job.pk for job in jobs] + [gone.pk]),
        line("user", 9, uma.pk),
        line("contractor", 5, live.pk),
        line("contractor", 6, JobFactory().pk),
        line("customer", 7, jobs=[gone.pk]),
    ]
    path = tmp_path / "erasures.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)) + "\n")
    with pytest.raises(CommandError, match="Some erasures could not"):
        run("replay", str(path))
    assert found_anywhere([*OF_ADA, *OF_GRACE, "Uma Former", "uma.former@office.example"]) == {}
    ada.refresh_from_db()
    assert ada.name == "Former contractor 4"
    outcomes = [result.outcome for result in replay(map(Erasure.of, lines))]
    assert outcomes == [BEFORE, BEFORE, BEFORE, REFUSED, GONE, GONE]
    assert DONE not in outcomes
    listed = [json.loads(line) for line in run("list").splitlines()]
    assert {(line["kind"], line["number"]) for line in listed} == {("contractor", 4), ("customer", 2), ("user", 9)}
    assert ada.email not in run("list")


@pytest.mark.parametrize("line", ["nonsense", "{}", '{"kind": "cat", "number": 1}', "[]"])
def test_a_list_that_is_none_changes_nothing(line: str, tmp_path: Path, actor: User) -> None:
    path = tmp_path / "list"
    path.write_text(f"\n{line}\n")
    with pytest.raises(CommandError, match="Line 2"):
        run("replay", str(path))
