"""`python -m tests.clocks [NAME …]`: runs the suite at all times or at the named ones.

libfaketime shifts the clock of every process of a run, PostgreSQL and Valkey included; waiting goes by the
monotonic clock, which is left alone. Random numbers and order are those of any run.
"""

import os
import subprocess
import sys
from datetime import UTC, datetime

from smartscheduler import BASE_DIR
from tests.clocks.moments import Moment, moments

LIBRARY = BASE_DIR / ".venv/faketime/libfaketime/vendor/libfaketime/src/libfaketime.so.1"
SUITE = ["-m", "pytest", "-m", "not system", "-n", "3", "--dist", "loadgroup"]
MOST_SECONDS_APART = 60
# Servers from elsewhere would keep their own clock.
SERVERS = {"DATABASE_URL", "REDIS_URL"}


def environment(moment: Moment) -> dict[str, str]:
    seconds = round((moment.at - datetime.now(UTC)).total_seconds())
    own = {name: value for name, value in os.environ.items() if name not in SERVERS}
    return own | {
        "LD_PRELOAD": str(LIBRARY),
        "FAKETIME": f"{seconds:+d}s",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "NO_FAKE_STAT": "1",
        # Tests that take more examples each night than in each run.
        "THOROUGH": "1",
        "TZ": moment.zone,
    }


def is_shifted(moment: Moment) -> bool:
    """Whether a process that starts like the suite believes that it is that moment."""
    command = [sys.executable, "-c", "import time; print(time.time())"]
    output = subprocess.run(command, env=environment(moment), capture_output=True, text=True, check=True).stdout
    return abs(float(output) - moment.at.timestamp()) < MOST_SECONDS_APART


def main(names: list[str]) -> int:
    known = {moment.name: moment for moment in moments(datetime.now(UTC))}
    if unknown := set(names) - known.keys():
        sys.exit(f"Unknown: {', '.join(sorted(unknown))}. Moments are: {', '.join(known)}.")
    failed = []
    for moment in [known[name] for name in names or known]:
        print(f"{moment.name}: {moment.at:%a %Y-%m-%d %H:%M} UTC, TZ={moment.zone}", flush=True)
        if not is_shifted(moment):
            sys.exit(f"The clock is not shifted by {LIBRARY}: libfaketime needs Linux with glibc.")
        if subprocess.run([sys.executable, *SUITE], cwd=BASE_DIR, env=environment(moment), check=False).returncode:
            failed.append(moment.name)
    if failed:
        print(f"Failed at: {', '.join(failed)}. Once more: make test-clocks MOMENTS='{' '.join(failed)}'")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
