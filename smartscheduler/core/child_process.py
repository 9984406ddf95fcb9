"""Run one function in a child process with hard limits of time and memory.

A thread cannot be stopped and shares the interpreter lock, so work on uploaded files runs here instead. The child
limits itself (setrlimit, an interval timer), lowers its priority, and dies with its parent. As a last resort the
parent kills it.
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
# The limit counts CPU seconds. On a busy machine the wall-clock time may be this many times as long.
CLOCK_FACTOR = 3
# Time to start Python and import the module; and how much longer than the child's own timer the parent waits.
START_SECONDS, GRACE_SECONDS = 60.0, 5.0
BEAT_SECONDS = 5.0
NICENESS = 5
OUT_OF_MEMORY, FAILED = 91, 92
PR_SET_PDEATHSIG = 1


class ChildFailed(Exception):
    """The child process ended without a result; its error is in the log."""


class TimeLimitExceeded(ChildFailed):
    """The child process exceeded its CPU time or its wall-clock time."""


class MemoryLimitExceeded(ChildFailed):
    """The child process exceeded its memory limit, or the system killed it for lack of memory."""


def call(
    target: str,
    payload: bytes,
    *,
    seconds: float,
    megabytes: int,
    beat: Callable[[], object] = lambda: None,
    beat_seconds: float = BEAT_SECONDS,
    start_seconds: float | None = None,
) -> bytes:
    """Run `target` ("module:function", bytes → bytes) in a child process and return its result.

    `beat` is called every `beat_seconds`. The time limit excludes the import of the module, which can take
    `start_seconds` (START_SECONDS). Raises ChildFailed.
    """
    start_seconds = START_SECONDS if start_seconds is None else start_seconds
    command = [sys.executable, "-m", "smartscheduler.core.child_process", target]
    limits = [str(seconds), str(megabytes), str(os.getpid()), str(start_seconds)]
    with subprocess.Popen(  # noqa: S603
        [*command, *limits],
        cwd=BASE_DIR,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    ) as child:
        try:
            answer = _answer(child, payload, start_seconds + seconds * CLOCK_FACTOR, beat, beat_seconds)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
    _check(child.returncode)
    return answer


def _answer(
    child: "subprocess.Popen[bytes]", payload: bytes, seconds: float, beat: Callable[[], object], beat_seconds: float
) -> bytes:
    deadline = time.monotonic() + seconds + GRACE_SECONDS
    unsent: bytes | None = payload
    while time.monotonic() < deadline:
        try:
            return child.communicate(unsent, timeout=beat_seconds)[0]
        except subprocess.TimeoutExpired:
            unsent = None  # communicate() keeps the input of its first call
            beat()
    raise TimeLimitExceeded


def _check(code: int) -> None:
    if code in {-signal.SIGXCPU, -signal.SIGALRM}:
        raise TimeLimitExceeded
    if code in {OUT_OF_MEMORY, -signal.SIGKILL, -signal.SIGSEGV, -signal.SIGABRT}:
        raise MemoryLimitExceeded
    if code:
        raise ChildFailed(f"exit code {code}")


def main(target: str, seconds: str, megabytes: str, parent: str, start_seconds: str) -> int:
    """Entry point of the child process: set the limits, call the function, write its result to standard output."""
    _limit(int(megabytes), int(parent), float(start_seconds))
    answers = os.dup(1)
    os.dup2(2, 1)  # prints of the function go to the log, not into the result
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


def _limit(megabytes: int, parent: int, start_seconds: float) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # the parent died before prctl
            os._exit(FAILED)
    os.nice(NICENESS)
    memory = megabytes * MEGABYTE
    _set(resource.RLIMIT_AS, memory, memory)
    _set(resource.RLIMIT_CORE, 0, 0)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, start_seconds)


def _limit_time(seconds: float) -> None:
    most = math.ceil(time.process_time() + seconds)
    # The soft limit ends the process with SIGXCPU, which names the cause; the hard limit would send SIGKILL.
    _set(resource.RLIMIT_CPU, most, most + 2)
    signal.setitimer(signal.ITIMER_REAL, seconds * CLOCK_FACTOR)


def _set(kind: int, soft: int, hard: int) -> None:
    with suppress(OSError, ValueError):  # macOS does not support RLIMIT_AS
        resource.setrlimit(kind, (soft, hard))


if __name__ == "__main__":
    # os._exit instead of sys.exit skips freeing the memory, which can take seconds for a large file.
    code = main(*sys.argv[1:])
    sys.stderr.flush()
    os._exit(code)
