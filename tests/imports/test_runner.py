"""Background imports: batches, turns, pause, resume, and no duplicates after a kill."""

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from contractors.models import Contractor
from customers.models import Customer
from jobs.models import Job
from smartscheduler import BASE_DIR
from smartscheduler.accounts.models import User
from smartscheduler.errors import InvalidInput
from smartscheduler.events.models import OutboxEvent
from smartscheduler.imports import runner, tables
from smartscheduler.imports.importers import Contractors
from smartscheduler.imports.models import ImportedRow, ImportRun
from smartscheduler.imports.runner import work_on_batch, work_on_file, work_on_files
from smartscheduler.imports.services import begin, check_again, import_checked, resume, stop
from tests.factories import ContractorFactory, UserFactory
from tests.imports.test_imports import ANN, HEAD, checked, counts, errors, finished, with_suggested_match
from tests.products import wait_until

WORKER = "import django; django.setup(); from smartscheduler.imports.runner import work_on_files; work_on_files()"


@pytest.fixture
def actor(db: None) -> User:
    return UserFactory()


def people(count: int, name: str = "ann") -> str:
    return "\n".join([HEAD, *(ANN.replace("ann@", f"{name}{n}@") for n in range(count))])


def of_an_office(count: int) -> str:
    """The same people below a title, with a first and a last name, and the address in one cell."""
    address = '"100 Congress Avenue, Austin, TX 78701"'
    rows = (f"Ann,Tiles {n},(512) 555-0143 x{n},Tile & stone,{address},ann{n}@example.com" for n in range(count))
    return "\n".join(["Crew list", "", "First,Last,Cell,Trades,Home address,E-mail", *rows])


def taken_in(actor: User, count: int, name: str = "ann") -> ImportRun:
    return begin(kind="contractors", name=f"{name}.csv", content=people(count, name).encode(), actor=actor)


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "BATCH_ROWS", 2)
    monkeypatch.setattr(runner, "BATCH_SECONDS", 60.0)
    monkeypatch.setattr(runner, "TURN_SECONDS", 0)


@pytest.mark.usefixtures("small_batches")
class TestInTurn:
    def test_a_small_file_does_not_wait_for_a_large_one(self, actor: User, monkeypatch: pytest.MonkeyPatch) -> None:
        large, small = taken_in(actor, 9, "ann"), taken_in(actor, 3, "bob")
        worked = []

        def note(run: Any, most: int) -> int:
            worked.append(run.name)
            return work_on_batch(run, most)

        monkeypatch.setattr(runner, "work_on_batch", note)
        work_on_files()
        assert worked[:4] == ["ann.csv", "bob.csv", "ann.csv", "bob.csv"]
        for run in (large, small):
            run.refresh_from_db()
            assert run.state == "checked"

    def test_stopped_where_it_is_and_gone_on_with(self, actor: User) -> None:
        run = taken_in(actor, 5)
        work_on_batch(run)
        stop(run_id=run.pk)
        work_on_files()
        run.refresh_from_db()
        assert (run.state, run.at, run.rows.count()) == ("unchecked", 2, 2)
        assert (resume(run_id=run.pk).state, run.time_left) == ("checking", run.time_left)
        work_on_files()
        run.refresh_from_db()
        assert (run.state, run.at, run.rows.count()) == ("checked", 5, 5)

    def test_of_a_stopped_import_what_is_done_stays_and_is_not_done_again(self, actor: User) -> None:
        run = taken_in(actor, 5)
        work_on_files()
        run = import_checked(run_id=run.pk)
        work_on_batch(run)
        stop(run_id=run.pk)
        work_on_files()
        assert Contractor.objects.count() == 2
        resume(run_id=run.pk)
        work_on_files()
        run.refresh_from_db()
        assert (run.state, counts(run), Contractor.objects.count()) == ("done", (5, 0, 0, 0), 5)

    def test_a_batch_that_was_under_way_when_it_was_stopped_leaves_nothing(self, actor: User) -> None:
        run = taken_in(actor, 5)
        stop(run_id=run.pk)
        work_on_batch(run)  # with what it knew before
        run.refresh_from_db()
        assert (run.state, run.at, ImportedRow.objects.count()) == ("unchecked", 0, 0)

    def test_the_same_batch_twice_is_noted_once(self, actor: User) -> None:
        run = taken_in(actor, 5)
        again = ImportRun.objects.get(pk=run.pk)
        work_on_batch(run)
        work_on_batch(again)
        run.refresh_from_db()
        assert (run.at, run.created, ImportedRow.objects.count()) == (2, 2, 2)

    def test_how_long_it_will_take(self, actor: User) -> None:
        run = taken_in(actor, 8)
        assert run.time_left is None
        for _ in range(2):
            work_on_batch(run)
            run.refresh_from_db()
        assert run.touched_at
        assert run.began_at
        assert run.time_left == (run.touched_at - run.began_at) / 4 * 4
        run = resume(run_id=stop(run_id=run.pk).pk)
        assert (run.began_from, run.time_left) == (4, None)  # the pause is no pace


def test_a_file_can_be_checked_again_before_it_is_imported(actor: User) -> None:
    run = checked(people(1), actor)
    ContractorFactory(email="ann0@example.com")
    check_again(run_id=run.pk)
    work_on_files()
    run.refresh_from_db()
    assert (run.state, counts(run), run.rows.count()) == ("checked", (0, 1, 0, 0), 1)


def test_what_is_not_going_on_cannot_be_stopped(actor: User) -> None:
    run = checked(people(1), actor)
    for act, message in ((stop, "There is no check or import to stop"), (resume, "Only a stopped check or import")):
        with pytest.raises(InvalidInput, match=message):
            act(run_id=run.pk)
    import_checked(run_id=run.pk)
    with pytest.raises(InvalidInput, match="Only a file that is not imported yet"):
        check_again(run_id=run.pk)
    run.refresh_from_db()
    assert run.state == "importing"


def test_a_batch_costs_the_same_queries_a_row(
    actor: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    run = taken_in(actor, 40)
    work_on_batch(run)
    again = taken_in(actor, 40, "bob")
    with django_assert_max_num_queries(40 * 2 + 30):
        work_on_batch(again)


@pytest.mark.parametrize(
    ("kind", "queries"),
    [("contractors", 2), ("customers", 2), ("jobs", 2)],
    ids=["contractors", "customers", "jobs"],
)
def test_a_new_record_costs_few_queries(
    actor: User,
    kind: str,
    queries: int,
    django_assert_max_num_queries: DjangoAssertNumQueries,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A savepoint for each row, and the records of a batch together: ten thousand rows a minute allow no more."""
    monkeypatch.setattr(runner, "BATCH_SECONDS", 60.0)
    day = (datetime.now(UTC) + timedelta(days=30)).date()
    place = "100 Congress Avenue,Austin,TX,78701"
    contents = {
        "contractors": people(40),
        "customers": "\n".join(
            [
                "external_id,name,phones,address,city,state,zip_code",
                *(f"K{n},Grace {n},512555{n:04},{n} {place}" for n in range(40)),
            ]
        ),
        "jobs": "\n".join(
            [
                "external_id,status,type,desired_date,duration,customer_name,customer_phone,address,city,state,zip_code",
                *(f"J{n},Open,tile,{day} 09:00,2:30,Grace {n},512555{n:04},{n} {place}" for n in range(40)),
            ]
        ),
    }
    run = begin(kind=kind, name="x.csv", content=contents[kind].encode(), actor=actor)
    with django_assert_max_num_queries(40 * queries + 30):
        work_on_batch(run)
    run.refresh_from_db()
    assert run.created == 40


def test_a_batch_that_the_database_refuses_is_done_row_by_row(actor: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if another transaction had added a contractor after the look-up of the batch."""
    ContractorFactory(email="ann1@example.com")
    monkeypatch.setattr(Contractors, "by_key", lambda *_args, **_options: {})
    run = finished(taken_in(actor, 3))
    assert errors(run) == {3: {"email": ["Another contractor has this email address."]}}
    run = finished(import_checked(run_id=run.pk))
    assert (run.state, counts(run), Contractor.objects.count()) == ("done", (2, 0, 0, 1), 3)
    events = OutboxEvent.objects.filter(type="ContractorCreated").order_by("position")
    assert [event.data["contractor_id"] for event in events] == [
        str(Contractor.objects.get(email=f"ann{n}@example.com").pk) for n in (0, 2)
    ]


def test_jobs_of_one_customer_in_a_batch_share_the_record(actor: User) -> None:
    day = (datetime.now(UTC) + timedelta(days=30)).date()
    place = "100 Congress Avenue,Austin,TX,78701"
    text = "\n".join(
        [
            "external_id,type,desired_date,duration,customer_name,customer_phone,address,city,state,zip_code",
            f"J1,tile,{day} 09:00,2:30,José Hill,5125550143,{place}",
            f"J2,tile,{day} 13:00,2:30,JOSE HILL,(512) 555-0143,{place}",
            f"J3,tile,{day} 15:00,2:30,Ann Hill,5125550143,{place}",
        ]
    )
    run = finished(import_checked(run_id=checked(text, actor, "jobs").pk))
    assert counts(run) == (3, 0, 0, 0)
    names = Job.objects.order_by("external_id").values_list("customer_name", flat=True)
    assert list(names) == ["José Hill", "José Hill", "Ann Hill"]
    assert Customer.objects.count() == 2


def test_a_turn_goes_on_while_no_other_file_waits(actor: User, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"BATCH_ROWS": 1, "TURN_SECONDS": 0}.items():
        monkeypatch.setattr(runner, name, value)
    run = taken_in(actor, 3)
    work_on_file(run.pk)
    run.refresh_from_db()
    assert run.state == "checked"
    run, _other = check_again(run_id=run.pk), taken_in(actor, 3, "bob")
    work_on_file(run.pk)
    run.refresh_from_db()
    assert (run.state, run.at) == ("checking", 1)


def test_a_turn_ends_when_its_cpu_time_is_used_up(actor: User, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"BATCH_ROWS": 1, "TURN_SECONDS": 0, "LONGEST_TURN": 0.0}.items():
        monkeypatch.setattr(runner, name, value)
    run = taken_in(actor, 3)
    work_on_file(run.pk)
    run.refresh_from_db()
    assert (run.state, run.at) == ("checking", 1)


@pytest.mark.parametrize(
    ("rows", "seconds", "ends"),
    [(100, 0.3, False), (9, 0.9, False), (10, 0.5, True), (1, 1.1, True)],
    ids=["quick", "too few rows yet", "enough rows", "the locks are held for too long"],
)
def test_a_batch_has_a_few_rows_also_on_a_busy_machine(rows: int, seconds: float, ends: bool) -> None:
    assert runner.is_long_enough(rows, seconds) is ends


def test_a_batch_is_as_long_as_the_one_before_it_allows(actor: User, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"BATCH_SECONDS": -1.0, "FEWEST_ROWS": 3, "LONGEST_BATCH_SECONDS": 60.0}.items():
        monkeypatch.setattr(runner, name, value)
    sizes: list[int] = []

    def note(run: Any, most: int) -> int:
        sizes.append(most)
        return work_on_batch(run, most)

    monkeypatch.setattr(runner, "work_on_batch", note)
    run = taken_in(actor, 8)
    work_on_file(run.pk)
    run.refresh_from_db()
    assert (run.state, run.created) == ("checked", 8)
    assert sizes == [100, 6, 6]


def test_rows_without_groups_are_not_read_for_them(actor: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also in a file with a column that is left out."""
    run = with_suggested_match(
        begin(kind="contractors", name="ann.csv", content=f"{HEAD},shoe size\n{ANN},9".encode(), actor=actor)
    )
    assert "" in run.mapping

    def refuse(_rows: tables.StandardRows) -> None:
        pytest.fail("The rows are read.")

    monkeypatch.setattr(tables.StandardRows, "__iter__", refuse)
    assert tables.groups_of_rows(run) == {}


@pytest.mark.system
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("content", [people(200), of_an_office(200)], ids=["own headings", "matched"])
def test_a_killed_worker_repeats_no_row(content: str) -> None:
    """Real processes, killed as they are at it, until the file is done."""
    run = begin(kind="contractors", name="ann.csv", content=content.encode(), actor=UserFactory())
    run = finished(with_suggested_match(run))
    import_checked(run_id=run.pk)
    OutboxEvent.objects.all().delete()
    kills = 0
    while ImportRun.objects.get(pk=run.pk).state == "importing":
        process = subprocess.Popen([sys.executable, "-c", WORKER], cwd=BASE_DIR, env=_environment())
        if kills < 2:
            reached = ImportRun.objects.get(pk=run.pk).at
            wait_until(lambda at=reached, worker=process: _moved(run, at) or worker.poll() is not None)
            process.send_signal(signal.SIGKILL)
            kills += 1
        process.wait(timeout=300)
        # As when its lease has run out.
        ImportRun.objects.filter(pk=run.pk).update(leased_until=None)
    run.refresh_from_db()
    assert (run.state, counts(run)) == ("done", (200, 0, 0, 0))
    assert Contractor.objects.count() == run.rows.count() == OutboxEvent.objects.count() == 200


def _moved(run: ImportRun, at: int) -> bool:
    present = ImportRun.objects.get(pk=run.pk)
    return present.at > at or present.state != "importing"


def _environment() -> dict[str, str]:
    """This run's servers, with the database that the tests are in."""
    url, _, query = os.environ["DATABASE_URL"].partition("?")
    name = connection.settings_dict["NAME"]
    address = f"{url.rpartition('/')[0]}/{name}{'?' + query if query else ''}"
    return os.environ | {
        "DATABASE_URL": address,
        "DJANGO_SETTINGS_MODULE": "smartscheduler.settings",
    }
