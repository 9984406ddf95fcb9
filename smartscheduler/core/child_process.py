"""One call in a process of its own, under limits of time and memory that hold whatever the code does.

Threads of one process share an interpreter lock, and nothing can stop one: what a customer's file makes us compute
runs here instead. The child limits itself (setrlimit, an interval timer), gives way to other processes, and dies with
its parent; the parent kills it when all that has failed.
"""

import ctypes
import importlib
import math
import os
import resource
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress

from smartscheduler import BASE_DIR

MEGABYTE = 1024 * 1024
# CPU seconds are the limit; a busy machine may take this many times as long by the clock.
CLOCK_FACTOR = 3
# Before the call, which the limits of time are for; and by which the parent waits longer than the child's own timer.
START_SECONDS, GRACE_SECONDS = 60.0, 5.0
BEAT_SECONDS = 5.0
NICENESS = 5
OUT_OF_MEMORY, FAILED = 91, 92
PR_SET_PDEATHSIG = 1


class ChildFailed(Exception):
    """The child ended without an answer; its error is in the log."""


class TimeLimitExceeded(ChildFailed):
    """It took more CPU seconds, or more time by the clock, than it was given."""


class MemoryLimitExceeded(ChildFailed):
    """It needed more memory than it was given, or the system killed it for lack of memory."""


def call(
    target: str, payload: bytes, *, seconds: float, megabytes: int, beat: Callable[[], object] = lambda: None
) -> bytes:
    """Run `target` ("module:function", bytes → bytes) in a child process; `beat` is called every five seconds.

    Importing the module comes before the time that is counted. Raises ChildFailed.
    """
    command = [sys.executable, "-m", "smartscheduler.core.child_process", target]
    limits = [str(seconds), str(megabytes), str(os.getpid())]
    with subprocess.Popen(  # noqa: S603
        [*command, *limits],
        cwd=BASE_DIR,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    ) as child:
        try:
            answer = _answer(child, payload, seconds, beat)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
    _check(child.returncode)
    return answer


def _answer(child: "subprocess.Popen[bytes]", payload: bytes, seconds: float, beat: Callable[[], object]) -> bytes:
    deadline = time.monotonic() + START_SECONDS + seconds * CLOCK_FACTOR + GRACE_SECONDS
    given: bytes | None = payload
    while time.monotonic() < deadline:
        try:
            return child.communicate(given, timeout=BEAT_SECONDS)[0]
        except subprocess.TimeoutExpired:
            given = None  # it is on its way
            beat()
    raise TimeLimitExceeded


def _check(code: int) -> None:
    if code in {-signal.SIGXCPU, -signal.SIGALRM}:
        raise TimeLimitExceeded
    if code in {OUT_OF_MEMORY, -signal.SIGKILL, -signal.SIGSEGV, -signal.SIGABRT}:
        raise MemoryLimitExceeded
    if code:
        raise ChildFailed(f"exit code {code}")


def main(target: str, seconds: str, megabytes: str, parent: str) -> int:
    """The child: limits first, then the call, the answer on standard output."""
    _limit(int(megabytes), int(parent))
    answers = os.dup(1)
    os.dup2(2, 1)  # what the call prints is for the log
    module, _, name = target.partition(":")
    try:
        function, payload = getattr(importlib.import_module(module), name), sys.stdin.buffer.read()
        _limit_time(float(seconds))
        answer = function(payload)
        with os.fdopen(answers, "wb") as out:
            out.write(answer)
    except MemoryError:
        return OUT_OF_MEMORY
    except Exception:
        traceback.print_exc()
        return FAILED
    return 0


def _limit(megabytes: int, parent: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before we asked
            os._exit(FAILED)
    os.nice(NICENESS)
    memory = megabytes * MEGABYTE
    _set(resource.RLIMIT_AS, memory, memory)
    _set(resource.RLIMIT_CORE, 0, 0)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, START_SECONDS)


def _limit_time(seconds: float) -> None:
    most = math.ceil(time.process_time() + seconds)
    # The soft limit tells what has ended it (SIGXCPU), the hard one would not.
    _set(resource.RLIMIT_CPU, most, most + 2)
    signal.setitimer(signal.ITIMER_REAL, seconds * CLOCK_FACTOR)


def _set(kind: int, soft: int, hard: int) -> None:
    with suppress(OSError, ValueError):  # macOS has no limit of address space
        resource.setrlimit(kind, (soft, hard))


if __name__ == "__main__":
    # Not by sys.exit: what is left in memory need not be taken apart.
    code = main(*sys.argv[1:])
    sys.stderr.flush()
    os._exit(code)
