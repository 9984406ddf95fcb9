"""Processes of a race test: `python -m tests.assignments.racer CONTRACTOR JOB@START,… JOB@START,…`.

Forks a process with eight threads for each group of jobs. All begin at a line on standard input. Prints one outcome a
line: the assignment's id or the error's code.
"""

import os
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from uuid import UUID


def attempt(contractor: str, pair: str) -> str:
    from django.db import connection

    from assignments.services import assign_job
    from smartscheduler.errors import DomainError

    job, start = pair.split("@")
    try:
        booked = assign_job(
            job_id=UUID(job), contractor_id=UUID(contractor), start=datetime.fromisoformat(start), actor=None
        )
        return str(booked.pk)
    except DomainError as refused:
        return refused.code
    finally:
        connection.close()


def race(contractor: str, pairs: list[str]) -> int:
    """Make all attempts. Returns the exit code."""
    try:
        with ThreadPoolExecutor(8) as pool:
            for outcome in pool.map(lambda pair: attempt(contractor, pair), pairs):
                print(outcome, flush=True)
    except Exception:
        traceback.print_exc()
        return 1
    return 0


def main() -> None:
    import django

    django.setup()
    import assignments.services  # noqa: F401  once for all processes

    contractor, *groups = sys.argv[1:]
    gate, opener = os.pipe()
    children = []
    for group in groups:
        if child := os.fork():
            children.append(child)
            continue
        os.close(opener)
        os.read(gate, 1)  # returns when the first process closes the other end
        os._exit(race(contractor, group.split(",")))
    print("ready", flush=True)
    sys.stdin.readline()
    os.close(opener)
    codes = [os.waitpid(child, 0)[1] for child in children]
    sys.exit(any(codes))


if __name__ == "__main__":
    main()
