"""Output, JSON, exit code, and metrics of `manage.py doctor`."""

import json
from collections.abc import Iterator
from io import StringIO

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command

from smartscheduler.accounts.permissions import Role
from smartscheduler.ops import doctor
from smartscheduler.ops.doctor import last_report
from smartscheduler.ops.tasks import examine_quickly
from tests.api import client_as
from tests.factories import ContractorFactory
from tests.ops.broken import run
from tests.ops.test_metrics import URL, samples

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("doctor's report")]
DATA = ("--data",)


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    cache.delete(last_report.KEY)
    yield
    cache.delete(last_report.KEY)


def doctor_says(*options: str) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("doctor", *options, stdout=out)
    except SystemExit as ending:
        return int(ending.code or 0), out.getvalue()
    return 0, out.getvalue()


def test_a_line_for_each_check_and_one_for_all() -> None:
    ContractorFactory()
    code, output = doctor_says(*DATA)
    assert code == 0
    lines = output.strip().split("\n")
    checks = doctor.chosen(data_only=True)
    assert [line[2:].startswith(check.holds) for line, check in zip(lines, checks, strict=False)] == [True] * len(
        checks
    )
    assert lines[-1].startswith(f"{len(checks)} checks in ")
    assert lines[-1].endswith("s: nothing broken.")


def test_says_what_is_wrong_how_much_of_it_and_what_to_do() -> None:
    people = ContractorFactory.create_batch(7, hours=[])
    code, output = doctor_says(*DATA)
    assert code == 1
    assert "✗ Every contractor has at least one shift" in output
    assert sum(f"{person.pk} ({person.name})" in output for person in people) == 5
    assert "… 7 in all; --show 7 shows them" in output
    assert "→ Enter their hours in the back-office, or deactivate them. [working-hours]" in output
    assert "1 broken." in output


def test_for_programs_as_json() -> None:
    ContractorFactory(hours=[])
    code, output = doctor_says("--data", "--json", "--show", "1")
    outcomes = {outcome["check"]: outcome for outcome in json.loads(output)}
    assert code == 1
    assert outcomes["working-hours"]["state"] == "broken"
    assert outcomes["working-hours"]["count"] == 1
    assert outcomes["working-hours"]["remedy"].startswith("Enter their hours")
    assert {outcome["state"] for name, outcome in outcomes.items() if name != "working-hours"} == {"ok"}


def test_quick_leaves_out_what_reads_large_tables() -> None:
    ContractorFactory(hours=[])
    assert doctor_says("--data")[0] == 1
    code, output = doctor_says("--data", "--quick")
    assert code == 0
    assert "shift" not in output


def test_some_checks_alone() -> None:
    ContractorFactory(hours=[])
    assert doctor_says("time-zones")[0] == 0
    code, output = doctor_says("working-hours", "time-zones")
    assert code == 1
    assert "2 checks" in output
    with pytest.raises(CommandError, match="invalid choice: 'tonsils'"):
        call_command("doctor", "tonsils")


def test_a_warning_alone_ends_well() -> None:
    code, output = doctor_says("relay-active")
    assert code == 0
    assert "! An event relay is active" in output
    assert "nothing broken, warnings: 1." in output


def test_the_metrics_know_the_last_run_of_all() -> None:
    admin = client_as(Role.ADMINISTRATOR)
    assert "smartscheduler_doctor_broken" not in admin.get(URL).content.decode()
    doctor_says("--data")  # may be a copy, so its result is not stored
    assert last_report.last() is None
    examine_quickly()
    before = samples(admin.get(URL))
    run("DELETE FROM django_migrations WHERE app = 'imports'")
    examine_quickly()
    after = samples(admin.get(URL))
    broken = "smartscheduler_doctor_broken", ""
    assert after[broken] == before[broken] + 1
    moment = "smartscheduler_doctor_last_run_timestamp_seconds", ""
    assert after[moment] >= before[moment] > 1_700_000_000


def test_the_task_logs_each_broken_invariant_as_an_error(caplog: pytest.LogCaptureFixture) -> None:
    run("DELETE FROM django_migrations WHERE app = 'imports'")
    examine_quickly()
    errors = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert any("'check': 'migrations'" in message and "imports.0001_initial" in message for message in errors), errors
