"""A process of a race test: `python -m tests.assignments.racer CONTRACTOR JOB@START …`, with eight threads.

Waits for a line on standard input, then prints one outcome a line: the assignment's id or the error's code.
"""

import sys
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


def main() -> None:
    import django

    django.setup()
    contractor, *pairs = sys.argv[1:]
    print("ready", flush=True)
    sys.stdin.readline()
    with ThreadPoolExecutor(8) as pool:
        for outcome in pool.map(lambda pair: attempt(contractor, pair), pairs):
            print(outcome, flush=True)


if __name__ == "__main__":
    main()
