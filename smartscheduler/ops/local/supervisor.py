"""Keeping child processes running, and leaving none behind.

Every child leads a process group of its own, so that its helpers go with it. On Linux the kernel
tells a child when we are gone, even by kill -9; on other systems the next start finds the children
of the dead one by their record and ends them.
"""

import ctypes
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from smartscheduler.ops.local.servers.wait import wait_until_gone
from smartscheduler.ops.local.signals import STOPPING

STOP_SECONDS = 15.0
LEFTOVER_SECONDS = 5.0
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
# A child that has lived this long starts again at once when it dies.
SETTLED_SECONDS = 30.0
# How uvicorn says that one of its processes ended by itself.
REPLACED_A_PROCESS = re.compile(r"Child process \[\d+\] died")
PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


class Child:
    """One process, started with this Python in `folder`, writing to a log file."""

    def __init__(self, name: str, arguments: Sequence[str], *, folder: Path, log: Path) -> None:
        self.name = name
        self.log = log
        self.restart_at: float | None = None
        self._arguments = arguments
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._pause = 0.0

    def start(self) -> None:
        self.restart_at = None
        self._started_at = time.monotonic()
        parent = os.getpid()
        with self.log.open("ab") as log, _signals_held_back() as mask:
            self._process = subprocess.Popen(  # noqa: S603
                [sys.executable, *self._arguments],
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=lambda: _prepare_child(parent, mask),  # safe: we have no threads
                env=os.environ | {"PYTHONUNBUFFERED": "1"},
            )

    @property
    def pid(self) -> int:
        assert self._process, f"{self.name} was not started"  # noqa: S101
        return self._process.pid

    def exit_code(self) -> int | None:
        return self._process.poll() if self._process else None

    def schedule_restart(self) -> float:
        """Clear away what the dead process left, and say in how many seconds it starts again."""
        self.signal(signal.SIGKILL)
        lived = time.monotonic() - self._started_at
        self._pause = FIRST_PAUSE_SECONDS if lived > SETTLED_SECONDS else max(2 * self._pause, FIRST_PAUSE_SECONDS)
        self._pause = min(self._pause, LONGEST_PAUSE_SECONDS)
        self.restart_at = time.monotonic() + self._pause
        return self._pause

    def signal(self, number: int) -> None:
        """To the process alone when it is to end by itself, to its whole group when it is to be killed."""
        if self._process is None:
            return
        try:
            (os.killpg if number == signal.SIGKILL else os.kill)(self._process.pid, number)
        except ProcessLookupError:
            return

    def failed_to_start(self) -> bool:
        """Whether it died or, as a web of several processes does, keeps replacing those that die."""
        return self.exit_code() is not None or bool(REPLACED_A_PROCESS.search(self.last_words(lines=40)))

    def last_words(self, lines: int = 12) -> str:
        return "\n".join(self.log.read_text(errors="replace").rstrip().split("\n")[-lines:])


class Supervisor:
    """Starts children, restarts those that die, stops them all; `record` names them for the next start."""

    def __init__(self, children: Iterable[Child], *, record: "Record", say: Callable[[str], None]) -> None:
        self.children = list(children)
        self._record = record
        self._say = say

    def start(self) -> None:
        for child in self.children:
            child.start()
            self._remember()

    def restart_the_dead(self) -> None:
        """Call this again and again: notices who died, and starts who has waited long enough."""
        for child in self.children:
            if child.restart_at is not None:
                if time.monotonic() >= child.restart_at:
                    child.start()
                    self._remember()
            elif (code := child.exit_code()) is not None:
                pause = child.schedule_restart()
                self._say(f"{child.name} ended ({_in_words(code)}), starting it again in {pause:g} s: {child.log}")

    def stop(self) -> None:
        """Ask every child to end, kill those that do not, and forget them."""
        for child in self.children:
            child.signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while any(child.exit_code() is None for child in self._started()) and time.monotonic() < deadline:
            time.sleep(0.02)
        for child in self._started():
            child.signal(signal.SIGKILL)
        self._record.remove()

    def _started(self) -> list[Child]:
        return [child for child in self.children if child._process]

    def _remember(self) -> None:
        self._record.write([child.pid for child in self._started()])


@dataclass(frozen=True)
class Record:
    """The file that tells who runs here: our own process, our address, and our children's process groups."""

    path: Path
    address: str

    def write(self, children: Iterable[int] = ()) -> None:
        """Replaced in one step, so that a reader never sees half of it."""
        groups = [{"pid": pid, "created": created} for pid in children if (created := _created(pid))]
        draft = self.path.with_suffix(".new")
        draft.write_text(json.dumps({"pid": os.getpid(), "address": self.address, "children": groups}))
        draft.replace(self.path)

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)

    def owner(self) -> str:
        """Who wrote it, in words."""
        said = self._read()
        return f"process {said['pid']}, {said['address']}" if said else "just starting or stopping"

    def end_leftovers(self) -> int:
        """End the children of a start that was killed; call it only when nobody else can be running here."""
        said = self._read()
        left = [process for entry in said.get("children", ()) for process in _group(entry["pid"], entry["created"])]
        for process in left:
            _quietly(process.terminate)
        for process in wait_until_gone(left, LEFTOVER_SECONDS):
            _quietly(process.kill)
        self.remove()
        return len(left)

    def _read(self) -> dict[str, Any]:
        try:
            said = json.loads(self.path.read_text())
        except (FileNotFoundError, ValueError):
            return {}
        return said if isinstance(said, dict) and "pid" in said else {}  # nothing of ours: nobody is named


def _group(leader: int, created: float) -> list[psutil.Process]:
    """The living members of a recorded process group; none when its number belongs to somebody else by now."""
    current = _created(leader)
    if current is not None and current != created:
        return []
    return [process for process in psutil.process_iter() if _group_of(process.pid) == leader]


def _group_of(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except (ProcessLookupError, PermissionError):
        return None


def _created(pid: int) -> float | None:
    try:
        return float(psutil.Process(pid).create_time())
    except psutil.NoSuchProcess:
        return None


def _quietly(act: Callable[[], None]) -> None:
    try:
        act()
    except psutil.NoSuchProcess:
        return


@contextmanager
def _signals_held_back() -> Iterator[set[signal.Signals]]:
    """A signal between the birth of a child and the note of its number would orphan it: let it wait."""
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
    try:
        yield {signal.Signals(number) for number in mask}
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _prepare_child(parent: int, mask: set[signal.Signals]) -> None:
    """In the child, before it becomes its program: hear signals again, and get SIGTERM when `parent` dies."""
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    if _libc:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died in between
            os._exit(1)


def _in_words(code: int) -> str:
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name
