"""A process that calls the services and prints what was committed: `writer MODE COUNT …`.

plain COUNT           so many new jobs, one after another, with patience when the database is away
steady                about a hundred new jobs a second, until SIGTERM
large COUNT           so many changes of one job, with events of twelve kilobytes
suicide COUNT         so many processes, each of which kills itself right after its commit
late COUNT SECONDS    so many transactions that stay open for so long, each second one of them rolled back
booking COUNT         so many jobs, each assigned
"""

import os
import random
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import django

django.setup()

from django.db import DatabaseError, connection, connections, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from assignments.services import assign_job  # noqa: E402
from jobs.services import create_job, update_job  # noqa: E402
from tests.factories import AUSTIN, ContractorFactory, at  # noqa: E402

one_at_a_time = threading.Lock()


def say(committed: object) -> None:
    with one_at_a_time:
        print(committed, flush=True)


def patiently(work: Any) -> Any:
    """What `work` returns, once the database lets it."""
    while True:
        try:
            return work()
        except DatabaseError:
            connection.close()
            time.sleep(0.05)


def new_job() -> Any:
    desired = timezone.now() + timedelta(days=2)
    return create_job(actor=None, type="flooring", desired_date=desired, duration=timedelta(hours=1), **AUSTIN)


def plain(count: int) -> None:
    for _ in range(count):
        say(patiently(new_job).pk)


def steady() -> None:
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    while not stopping.wait(0.005):
        say(patiently(new_job).pk)


def large(count: int) -> None:
    job = new_job()
    say(job.pk)
    for _ in range(count - 1):
        text = "".join(random.choices("漢字仮名", k=3999)) + "."
        patiently(lambda text=text: update_job(job_id=job.pk, special_requirements=text, actor=None))


def suicide(count: int) -> None:
    for _ in range(count):
        connections.close_all()
        child = os.fork()
        if not child:
            with transaction.atomic():
                transaction.on_commit(lambda: os.kill(os.getpid(), signal.SIGKILL))
                new_job()
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status), status


def late(count: int, seconds: float) -> None:
    def write_late(turn: int) -> None:
        try:
            with transaction.atomic():
                job = new_job()
                time.sleep(seconds)
                transaction.set_rollback(turn % 2 == 1)
            if turn % 2 == 0:
                say(job.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(25) as pool:
        list(pool.map(write_late, range(count)))


def booking(count: int) -> None:
    for turn in range(count):
        job, contractor = new_job(), ContractorFactory(email=f"crew{turn}@example.com")
        assign_job(job_id=job.pk, contractor_id=contractor.pk, start=at(9, days=2), actor=None)
        say(job.pk)


MODES = {mode.__name__: mode for mode in (plain, steady, large, suicide, late, booking)}

if __name__ == "__main__":
    mode, *numbers = sys.argv[1:]
    MODES[mode](*map(int, numbers))
