"""Supervisor of child processes: restarts them and leaves none behind.

Each child leads its own process group, so that its helpers end with it. On Linux the kernel signals a child when the
supervisor dies, even after kill -9. On other systems, the next start finds the remaining children in a record file and
ends them.
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
# A child that ran for this long is restarted at once when it ends.
SETTLED_SECONDS = 30.0
# The log line of uvicorn for a worker process that ended unexpectedly.
REPLACED_A_PROCESS = re.compile(r"Child process \[\d+\] died")
PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


class Child:
    """A child process, started with this Python in `folder`, that writes to a log file."""

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
                preexec_fn=lambda: _prepare_child(parent, mask),  # safe: this process has no threads
                env=os.environ | {"PYTHONUNBUFFERED": "1"},
            )

    @property
    def pid(self) -> int:
        assert self._process, f"{self.name} was not started"  # noqa: S101
        return self._process.pid

    def exit_code(self) -> int | None:
        return self._process.poll() if self._process else None

    def schedule_restart(self) -> float:
        """Clean up after the ended process. Returns the seconds until its restart."""
        self.signal(signal.SIGKILL)
        lived = time.monotonic() - self._started_at
        self._pause = FIRST_PAUSE_SECONDS if lived > SETTLED_SECONDS else max(2 * self._pause, FIRST_PAUSE_SECONDS)
        self._pause = min(self._pause, LONGEST_PAUSE_SECONDS)
        self.restart_at = time.monotonic() + self._pause
        return self._pause

    def signal(self, number: int) -> None:
        """Send a signal to the process, or SIGKILL to its whole group."""
        if self._process is None:
            return
        try:
            (os.killpg if number == signal.SIGKILL else os.kill)(self._process.pid, number)
        except ProcessLookupError:
            return

    def failed_to_start(self) -> bool:
        """Whether the process ended or, for a web server with several processes, keeps replacing ended ones."""
        return self.exit_code() is not None or bool(REPLACED_A_PROCESS.search(self.last_words(lines=40)))

    def last_words(self, lines: int = 12) -> str:
        return "\n".join(self.log.read_text(errors="replace").rstrip().split("\n")[-lines:])


class Supervisor:
    """Starts, restarts, and stops children. `record` stores them for the next start."""

    def __init__(self, children: Iterable[Child], *, record: "Record", say: Callable[[str], None]) -> None:
        self.children = list(children)
        self._record = record
        self._say = say

    def start(self) -> None:
        for child in self.children:
            child.start()
            self._remember()

    def restart_the_dead(self) -> None:
        """Schedule restarts of ended children and perform due ones. Call it in a loop."""
        for child in self.children:
            if child.restart_at is not None:
                if time.monotonic() >= child.restart_at:
                    child.start()
                    self._remember()
            elif (code := child.exit_code()) is not None:
                pause = child.schedule_restart()
                self._say(f"{child.name} ended ({_in_words(code)}). It restarts in {pause:g} s. Log: {child.log}")

    def stop(self) -> None:
        """Ask every child to end, then kill the remaining ones."""
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
    """The record file with the process id, the address, and the process groups of the children."""

    path: Path
    address: str

    def write(self, children: Iterable[int] = ()) -> None:
        """Write the file and replace it atomically."""
        groups = [{"pid": pid, "created": created} for pid in children if (created := _created(pid))]
        draft = self.path.with_suffix(".new")
        draft.write_text(json.dumps({"pid": os.getpid(), "address": self.address, "children": groups}))
        draft.replace(self.path)

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)

    def owner(self) -> str:
        """Text that identifies the process that wrote the file."""
        record = self._read()
        return f"process {record['pid']}, {record['address']}" if record else "just starting or stopping"

    def end_leftovers(self) -> int:
        """End the children of a killed start; call it only while holding the lock. Returns their number."""
        record = self._read()
        left = [process for entry in record.get("children", ()) for process in _group(entry["pid"], entry["created"])]
        for process in left:
            _quietly(process.terminate)
        for process in wait_until_gone(left, LEFTOVER_SECONDS):
            _quietly(process.kill)
        self.remove()
        return len(left)

    def _read(self) -> dict[str, Any]:
        try:
            record = json.loads(self.path.read_text())
        except (FileNotFoundError, ValueError):
            return {}
        return record if isinstance(record, dict) and "pid" in record else {}  # not a record of the product


def _group(leader: int, created: float) -> list[psutil.Process]:
    """The running processes of a recorded process group; empty when another process reuses its id."""
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
    """Block stop signals while a child is started, because a signal before its id is stored would orphan it."""
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
    try:
        yield {signal.Signals(number) for number in mask}
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _prepare_child(parent: int, mask: set[signal.Signals]) -> None:
    """In the child before exec: unblock signals, and request SIGTERM for the death of `parent`."""
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    if _libc:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # the parent died before prctl
            os._exit(1)


def _in_words(code: int) -> str:
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name
