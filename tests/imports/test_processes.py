"""Child processes for files: limits of time and memory, without blocking other work."""

import io
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, NoReturn
from uuid import UUID, uuid4

import psutil
import pytest
from django.db import DEFAULT_DB_ALIAS, OperationalError, connections
from django.utils import timezone
from pytest_django import Settings

from contractors.models import Contractor
from smartscheduler import BASE_DIR
from smartscheduler.accounts.models import User
from smartscheduler.core import child_process
from smartscheduler.core.child_process import ChildFailed, MemoryLimitExceeded, TimeLimitExceeded
from smartscheduler.core.file_writer import write_xlsx
from smartscheduler.errors import Busy, InvalidInput
from smartscheduler.imports import child_run, isolated_reader, runner
from smartscheduler.imports.file_reader import read_file
from smartscheduler.imports.models import ImportRun
from smartscheduler.imports.runner import DATABASE_AWAY
from smartscheduler.imports.services import begin, resume
from smartscheduler.notifications.models import Mail
from smartscheduler.ops.local import process_specs
from tests.events.processes import environment, running, wait_until
from tests.factories import AssignmentFactory, UserFactory
from tests.imports.child_calls import FOREVER, GREEDY, asleep, backwards, crash, forever, greedy
from tests.imports.test_imports import ANN, HEAD, counts
from tests.imports.test_odd_files import with_sheet

HERE = "tests.imports.child_calls"
REALLY_APART = runner.work_apart
SECONDS = 3


def call(
    function: Callable[[bytes], bytes], payload: bytes = b"ab", seconds: float = 60.0, megabytes: int = 1_000
) -> bytes:
    return child_process.call(f"{HERE}:{function.__name__}", payload, seconds=seconds, megabytes=megabytes)


@pytest.mark.system
class TestAChild:
    def test_answers(self) -> None:
        assert call(backwards) == b"ba"

    def test_has_so_much_cpu_time(self) -> None:
        with pytest.raises(TimeLimitExceeded):
            call(forever, seconds=1)

    def test_has_a_wall_clock_limit(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with pytest.raises(TimeLimitExceeded):
            call(asleep, seconds=1)
        monkeypatch.setattr(child_process, "START_SECONDS", -100.0)  # the parent's own patience, which comes second
        with pytest.raises(TimeLimitExceeded):
            call(asleep, seconds=30)

    def test_has_so_much_memory(self) -> None:
        with pytest.raises(MemoryLimitExceeded):
            call(greedy)

    def test_that_crashes_is_no_answer(self) -> None:
        with pytest.raises(ChildFailed):
            call(crash)
        with pytest.raises(ChildFailed):
            child_process.call("no_such:function", b"", seconds=60, megabytes=1_000)

    @pytest.mark.skipif(sys.platform != "linux", reason="other systems have only the time limits")
    def test_dies_with_its_parent(self) -> None:
        code = (
            "from smartscheduler.core import child_process;"
            f"child_process.call('{HERE}:asleep', b'', seconds=3600, megabytes=1000)"
        )
        parent = subprocess.Popen([sys.executable, "-c", code], cwd=BASE_DIR)
        family = psutil.Process(parent.pid)
        wait_until(family.children, 60)
        (child,) = family.children()
        wait_until(lambda: "asleep" in " ".join(child.cmdline()), 60)
        parent.kill()
        parent.wait()
        # A child that had not come to its limits sees that its parent has changed.
        child.wait(60)


def texts(xml: str) -> bytes:
    """A workbook with one shared text."""
    made = io.BytesIO()
    whole = zipfile.ZipFile(io.BytesIO(with_sheet(SHARED)))
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in whole.infolist():
            archive.writestr(part.filename, whole.read(part))
        archive.writestr("xl/sharedStrings.xml", xml)
    return made.getvalue()


MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
SHARED = f'<worksheet xmlns="{MAIN}"><sheetData><row><c t="s"><v>0</v></c></row></sheetData></worksheet>'
RUNS = f'<sst xmlns="{MAIN}"><si>{"<r><t>x</t></r>" * 1_000_000}</si></sst>'
EMPTY = f'<worksheet xmlns="{MAIN}"><sheetData>{("<row>" + "<c/>" * 60 + "</row>") * 150_000}</sheetData></worksheet>'
FAR_ROW = f'<row r="{10**9}"><c t="inlineStr"><is><t>a</t></is></c></row>'
FAR = f'<worksheet xmlns="{MAIN}"><sheetData>{FAR_ROW}</sheetData></worksheet>'


@pytest.mark.system
@pytest.mark.usefixtures("files_apart")
class TestReading:
    @pytest.mark.parametrize(
        ("name", "content", "message"),
        [
            ("runs.xlsx", lambda: texts(RUNS), "too many pieces of formatted text"),
            ("empty.xlsx", lambda: with_sheet(EMPTY), "too many cells, including empty cells"),
            ("far.xlsx", lambda: with_sheet(FAR), "is empty"),
            ("commas.csv", lambda: b"a\n" + b"," * 9_000_000, "more than 8,000,000 cells"),
            ("cell.csv", lambda: b"a\n" + b"x" * 20_000, "Line 2 has a cell with more than 10,000 characters"),
            ("signs.csv", lambda: b"a\nx\x1fy\n", "Line 2 has a cell with invalid control characters"),
            ("text.csv", lambda: b"a,b\n" + (b"x" * 9_000 + b",\n") * 1_160, "more than 10,000,000 characters"),
        ],
    )
    def test_what_is_too_much_is_refused_by_name(
        self, name: str, content: Callable[..., bytes], message: str, settings: Settings
    ) -> None:
        settings.FILE_PROCESS_SECONDS, settings.FILE_PROCESS_MEMORY_MB = 60, 512
        with pytest.raises(InvalidInput, match=message) as refusal:
            isolated_reader.read_apart(name, content())
        assert list(refusal.value.errors) == ["file"]

    def test_what_takes_too_long_is_refused(self, settings: Settings) -> None:
        settings.FILE_PROCESS_SECONDS = 1
        sheet = b"".join(write_xlsx(["a"] + [f"b{n}" for n in range(50)], ([str(n)] * 51 for n in range(9_000))))
        with pytest.raises(InvalidInput, match=r"takes more than 1 seconds\. Save it as CSV, or split it"):
            isolated_reader.read_apart("x.xlsx", sheet)

    def test_what_takes_too_much_memory_is_refused(self, settings: Settings) -> None:
        settings.FILE_PROCESS_MEMORY_MB = 24
        with pytest.raises(InvalidInput, match=r"more than 24 MB of memory|log has the reason"):
            isolated_reader.read_apart("x.csv", b"a,b\n" + b"x,y\n" * 9_000)

    def test_one_at_a_time_in_each_web_process(self, settings: Settings) -> None:
        settings.FILE_PROCESS_SECONDS = 1
        with isolated_reader._turns, pytest.raises(Busy):
            isolated_reader.read_apart("x.csv", b"a\n1\n")
        settings.FILE_PROCESS_SECONDS = 60
        assert isolated_reader.read_apart("x.csv", b"a\n1\n") == read_file("x.csv", b"a\n1\n")


@pytest.fixture
def outside(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Child processes work on the database of the test."""
    for name, value in environment(FILE_PROCESS_SECONDS=str(SECONDS)).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "tests.imports.poisoned_settings")


def people(number: int, phone: str = "(512) 555-0143") -> bytes:
    return f"{HEAD}\n{ANN.replace('ann@', f'ann{number}@').replace('(512) 555-0143', phone)}\n".encode()


def taken_in(name: str, content: bytes) -> ImportRun:
    return begin(kind="contractors", name=name, content=content, actor=UserFactory())


@pytest.mark.system
@pytest.mark.usefixtures("outside", "files_apart")
class TestImporting:
    def test_given_up_after_three_tries_while_others_go_through(self, settings: Settings) -> None:
        settings.FILE_PROCESS_SECONDS = SECONDS
        endless = taken_in("endless.csv", people(1, FOREVER))
        large = taken_in("large.csv", people(2, GREEDY))
        good = taken_in("good.csv", people(3))
        for _ in range(7):
            runner.work_on_files()
        for run in (endless, large, good):
            run.refresh_from_db()
        assert (good.state, counts(good)) == ("checked", (1, 0, 0, 0))
        assert (endless.state, large.state) == ("unchecked", "unchecked")
        assert "Given up after 3 attempts: it takes more than 3 seconds." in endless.problem
        assert "Given up after 3 attempts: it takes more than 512 MB of memory." in large.problem
        assert not Contractor.objects.exists()

    def test_an_email_is_sent_while_a_file_never_ends(self, tmp_path: Path) -> None:
        endless = taken_in("endless.csv", people(1, FOREVER))
        other = taken_in("other.csv", people(2))
        worker = [sys.executable, *process_specs.worker_with_beat(str(tmp_path / "beat"))]
        files = [sys.executable, *process_specs.FILE_WORKER]
        with running(files, DJANGO_SETTINGS_MODULE="tests.imports.poisoned_settings"), running(worker):
            wait_until(lambda: ImportRun.objects.get(pk=endless.pk).tries, 240)
            mail = Mail.objects.create(
                id=uuid4(), kind=Mail.Kind.ASSIGNED, assignment=AssignmentFactory(), revision=0, due_at=timezone.now()
            )
            wait_until(lambda: Mail.objects.get(pk=mail.pk).state == "sent", 240)
            wait_until(lambda: ImportRun.objects.get(pk=other.pk).state == "checked", 240)
            wait_until(lambda: ImportRun.objects.get(pk=endless.pk).problem, 480)


@pytest.mark.django_db
class TestTurns:
    def test_a_file_whose_workers_were_killed_comes_behind_the_others(
        self, actor: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first, second = taken_in("first.csv", people(1)), taken_in("second.csv", people(2))
        taken = []

        def killed(run: Any, _watch: Any) -> NoReturn:
            taken.append(run.pk)
            raise KeyboardInterrupt

        monkeypatch.setattr(runner, "work_apart", killed)
        for _ in range(4):
            with pytest.raises(KeyboardInterrupt):
                runner.work_on_files()
        assert taken == [first.pk, second.pk, first.pk, second.pk]

    def test_given_up_when_its_workers_were_killed_again_and_again(self, actor: User) -> None:
        run = taken_in("first.csv", people(1))
        ImportRun.objects.filter(pk=run.pk).update(tries=runner.MOST_TRIES)
        runner.work_on_files()
        run.refresh_from_db()
        assert (run.state, run.problem[:54]) == ("unchecked", "Given up after 3 attempts: its workers were killed. Co")
        run = resume(run_id=run.pk)
        assert (run.tries, run.problem) == (0, "")
        runner.work_on_files()
        run.refresh_from_db()
        assert run.state == "checked"

    def test_what_one_worker_has_no_other_takes_until_its_lease_is_over(self, actor: User) -> None:
        run = taken_in("first.csv", people(1))
        ImportRun.objects.filter(pk=run.pk).update(leased_until=timezone.now() + timedelta(hours=1))
        runner.work_on_files()
        run.refresh_from_db()
        assert run.at == 0
        ImportRun.objects.filter(pk=run.pk).update(leased_until=timezone.now() - timedelta(hours=1))
        runner.work_on_files()
        run.refresh_from_db()
        assert run.state == "checked"

    def test_a_turn_that_is_lost_because_the_database_was_away_is_no_try(
        self, actor: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run = taken_in("first.csv", people(1))

        def away(*_: Any) -> NoReturn:
            raise OperationalError("the server closed the connection unexpectedly")

        monkeypatch.setattr(runner, "work_apart", away)
        for _ in range(runner.MOST_TRIES + 1):
            with pytest.raises(OperationalError):
                runner.work_on_files()
        run.refresh_from_db()
        assert (run.state, run.tries, run.leased_until) == ("checking", 0, None)

    def test_a_try_is_given_back_once_the_database_answers_again(
        self, actor: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run = taken_in("first.csv", people(1))

        def away(*_: Any, **__: Any) -> NoReturn:
            raise OperationalError("connection refused")

        with monkeypatch.context() as database:
            database.setattr(runner, "work_apart", away)
            database.setattr(runner, "_turn_of", away)
            with pytest.raises(OperationalError):
                runner.work_on_files()
        assert ImportRun.objects.get(pk=run.pk).tries == 1
        runner._give_back_tries()
        assert ImportRun.objects.get(pk=run.pk).tries == 0

    def test_a_child_that_lost_the_database_is_no_failure(self, actor: User, monkeypatch: pytest.MonkeyPatch) -> None:
        run = taken_in("first.csv", people(1))
        monkeypatch.setattr(runner, "work_apart", REALLY_APART)
        monkeypatch.setattr(child_process, "call", lambda *_, **__: DATABASE_AWAY)
        with pytest.raises(OperationalError):
            runner.work_on_files()
        run.refresh_from_db()
        assert (run.state, run.tries) == ("checking", 0)

    def test_a_child_says_whether_its_connection_is_gone(self, actor: User, monkeypatch: pytest.MonkeyPatch) -> None:
        run = taken_in("first.csv", people(1))

        def fails(run_id: UUID) -> NoReturn:
            raise OperationalError("out of reach")

        monkeypatch.setattr(child_run, "work_on_file", fails)
        with pytest.raises(OperationalError):
            child_run.work_for_parent(str(run.pk).encode())
        monkeypatch.setattr(connections[DEFAULT_DB_ALIAS], "is_usable", lambda: False)
        assert child_run.work_for_parent(str(run.pk).encode()) == DATABASE_AWAY

    def test_a_worker_that_lost_its_file_to_another_renews_nothing_and_stops(
        self, actor: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run = taken_in("first.csv", people(1))
        until = timezone.now() + timedelta(hours=1)

        def beats_late(*_: Any, beat: Any, **__: Any) -> NoReturn:
            ImportRun.objects.filter(pk=run.pk).update(turn_at=timezone.now(), leased_until=until, tries=2)
            beat()
            raise AssertionError("it goes on")

        monkeypatch.setattr(runner, "work_apart", REALLY_APART)
        monkeypatch.setattr(child_process, "call", beats_late)
        runner.work_on_files()
        run.refresh_from_db()
        assert (run.leased_until, run.tries) == (until, 2)

    def test_old_files_are_read_by_one_thread_of_a_worker(self, actor: User, monkeypatch: pytest.MonkeyPatch) -> None:
        old = ImportRun.objects.create(kind="contractors", name="x.csv", content=people(1), total=1)
        with runner._old_files:
            runner.read_old_files()
        old.refresh_from_db()
        assert old.table == ""
        runner.read_old_files()
        old.refresh_from_db()
        assert old.table

    def test_a_file_of_an_older_version_is_read_once_and_then_kept_as_text(self, actor: User) -> None:
        old = ImportRun.objects.create(kind="contractors", name="x.csv", content=people(1), total=1)
        broken = ImportRun.objects.create(kind="contractors", name="x.xlsx", content=b"PK\x03\x04", state="done")
        runner.read_old_files()
        for run in (old, broken):
            run.refresh_from_db()
            assert bytes(run.content) == b""
        assert "Ann Tiles" in old.table
        assert "damaged" in broken.problem
        runner.work_on_files()
        old.refresh_from_db()
        assert old.state == "checked"

    @pytest.fixture
    def actor(self, db: None) -> User:
        return UserFactory()
