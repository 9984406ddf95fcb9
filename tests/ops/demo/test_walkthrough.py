"""`manage.py demo` as a process, without running servers."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import psutil
import pytest
from django.core.management import CommandError, call_command

from jobs.models import Job
from smartscheduler import BASE_DIR
from smartscheduler.ops.demo.terminal_svg import bar
from tests.products import SET_BY_THE_RUN, folder

# One worker: the first run fills the database for those that follow.
pytestmark = [pytest.mark.system, pytest.mark.xdist_group("demo story")]
STORY = [
    r"SmartScheduler — who should do this job",
    r"\d+ active contractors, \d+ jobs around Austin",
    r"1\. A job comes in",
    r"JOB-\d{8}-[0-9A-F]{8} · tile",
    r"2\. Who should do it\?",
    r"Contractor +Score",
    r" 1 +\S.* 0\.\d{4} .*█.* min ",
    r"\d+ candidates ranked in \d+ ms",
    r"Free .+, .+ away, .+\.",
    r"Score 0\.\d{4} = 0\.4 ×",
    r"3\. Why not .+\?",
    r"✗ ",
    r"4\. .+ gets the job",
    r"✓ Booked for .+ \((the desired time|.+ than desired.*)\), rank 1 of \d+",
    r"✓ Over the WebSocket, \d+ ms after the commit: JobAssigned, sequence \d+",
    r"5\. The neighbor wants the same hours",
    r"✗ Refused \(slot-unavailable\): .+ has another assignment at that time\..+",
    r"In the way: JOB-",
    r"6\. And the twenty other jobs\?",
    r"Today +By hand +Plan",
    r"Jobs planned +\d+ +\d+ +\d+",
    r"PLAN-\d{8}-[0-9A-F]{6}: planned in \d+\.\d s\. .+ Nothing is booked yet\.",
    r"Meanwhile, another user books the time of JOB-",
    r"✓ Accepted: \d+ booked in \d+ ms\.",
    r"✗ JOB-\d{8}-[0-9A-F]{8} \(slot-unavailable\): ",
    r"ranking \d+ ms · booking \d+ ms · commit to client \d+ ms",
]


@pytest.fixture(scope="module")
def data_dir() -> Iterator[Path]:
    with folder() as path:
        yield path


@pytest.fixture(scope="module")
def first_run(data_dir: Path) -> CompletedProcess[str]:
    return run_demo(data_dir)


def run_demo(data_dir: Path, *arguments: str, **variables: str) -> CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if name not in SET_BY_THE_RUN}
    return subprocess.run(
        [sys.executable, "manage.py", "demo", *arguments],
        cwd=BASE_DIR,
        env=clean | {"DATA_DIR": str(data_dir)} | variables,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def processes_of(data_dir: Path) -> list[Any]:
    """Whatever still runs with this data directory."""
    return [process for process in psutil.process_iter() if _mentions(process, str(data_dir))]


def _mentions(process: Any, path: str) -> Any:
    try:
        return any(path in word for word in process.cmdline()) or process.environ().get("DATA_DIR") == path
    except psutil.Error:
        return False


def assert_told_in_order(story: str) -> None:
    rest = story
    for line in STORY:
        match = re.search(line, rest)
        assert match, f"Not told, or not in this order: {line}\n{story}"
        rest = rest[match.end() :]


def test_tells_the_story_in_order_and_leaves_no_process(first_run: CompletedProcess[str], data_dir: Path) -> None:
    assert first_run.returncode == 0, first_run.stderr
    assert_told_in_order(first_run.stdout)
    assert not processes_of(data_dir)


def test_can_be_told_again_and_drawn(first_run: CompletedProcess[str], data_dir: Path) -> None:
    picture = data_dir / "demo.svg"
    again = run_demo(data_dir, "--svg", str(picture))
    assert again.returncode == 0, again.stderr
    assert_told_in_order(again.stdout)
    drawn = picture.read_text()
    assert "JobAssigned" in drawn
    assert "@font-face" not in drawn
    assert "url(http" not in drawn


def test_says_in_a_sentence_why_it_fails(first_run: CompletedProcess[str], data_dir: Path) -> None:
    failed = run_demo(data_dir, REDIS_URL="redis://127.0.0.1:1/0")
    assert failed.returncode == 1
    assert failed.stderr.strip() == "CommandError: Tickets cannot be issued right now. Try again in a moment."
    assert "gets the job" not in failed.stdout
    assert not processes_of(data_dir)


@pytest.mark.django_db
def test_is_not_for_production() -> None:
    with pytest.raises(CommandError, match="does not run in production"):
        call_command("demo")
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    ("share", "drawn"), [(0, "······"), (1, "██████"), (0.5, "███···"), (1 / 48, "▏·····"), (0.999, "██████")]
)
def test_a_bar_is_drawn_to_an_eighth(share: float, drawn: str) -> None:
    assert bar(share) == drawn
