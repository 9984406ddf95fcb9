"""`make bench-imports`: check and import files of contractors and of jobs, as the file worker does it.

A new database in the cluster of the benchmarks, a file of contractors, and one of jobs with new customers, a third of
them booked. Prints seconds by the clock and of the processors, of the file processes and of PostgreSQL, for each step.
Fails when a check and import of a file took longer than LIMIT_SECONDS. `ROWS=1000` is the quick form. Other work on the
machine makes the clock worthless, and the processor seconds less so.
"""

import os
import resource
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from time import perf_counter
from typing import Any

import psutil
import psycopg

from benchmarks.databases import cluster, migrate, set_up
from smartscheduler.ops.local.servers.postgresql import PostgreSQL

ROWS = int(os.environ.get("ROWS") or 10_000)
LIMIT_SECONDS = float(os.environ.get("LIMIT_SECONDS") or 120)
NAME = "imports"
# Contractors with bookings, and how many each of them has on a working day.
CREWS, A_DAY = 400, 2
PLACES = (
    ("78701", "Austin"), ("78704", "Austin"), ("78745", "Austin"), ("78660", "Pflugerville"), ("78664", "Round Rock"),
    ("78613", "Cedar Park"), ("78641", "Leander"), ("78626", "Georgetown"), ("78640", "Kyle"), ("78737", "Austin"),
)  # fmt: skip
TYPES = ("tile", "carpet", "flooring")
OF_CONTRACTORS = "email,name,type,phone_number,address,city,state,zip_code,working_hours,external_id,skills"
OF_JOBS = (
    "external_id,status,type,desired_date,duration,customer_name,customer_phone,address,city,state,zip_code,contractor,"
    "special_requirements"
)


def contractors(rows: int) -> str:
    """A file of contractors who work on weekdays and do all types of work."""
    return "\n".join([OF_CONTRACTORS, *map(_contractor, range(rows))])


def _contractor(number: int) -> str:
    zip_code, city = PLACES[number % len(PLACES)]
    return (
        f"crew{number}@example.com,Crew {number} of Lee,multi,512555{number % 10_000:04},{number} Oak Street,{city},TX,"
        f"{zip_code},Mon-Fri 08:00-17:00,C{number},Hardwood; Mosaic"
    )


def jobs(rows: int, today: date) -> str:
    """A file of jobs, each of a new customer. A third of them is booked, from next Monday."""
    return "\n".join([OF_JOBS, *(_job(number, today) for number in range(rows))])


def _job(number: int, today: date) -> str:
    zip_code, city = PLACES[number % len(PLACES)]
    booking, crew = divmod(number // 3, CREWS)
    week, day = divmod(booking // A_DAY, 5)
    monday = today + timedelta(days=7 - today.weekday())
    moment = f"{monday + timedelta(days=7 * week + day)} {('09:00', '13:00')[booking % A_DAY]}"
    booked = number % 3 == 0
    return (
        f"J{number},{'scheduled' if booked else 'open'},{TYPES[number % 3]},{moment},2:00,Grace {number} Hill,"
        f"737{2_000_000 + number},{number} Live Oak Drive,{city},TX,{zip_code},"
        f"{f'crew{crew}@example.com' if booked else ''},Gate code {number}"
    )


class Meter:
    """Seconds by the clock and of the processors since the beginning."""

    def __init__(self, server: PostgreSQL) -> None:
        self._postmaster = psutil.Process(int((server.directory / "postmaster.pid").read_text().split()[0]))
        self._began = self._now()

    def _now(self) -> tuple[float, float, float]:
        own = sum(resource.getrusage(who).ru_utime + resource.getrusage(who).ru_stime for who in (
            resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))  # fmt: skip
        # The postmaster counts the processes that have ended.
        ended = self._postmaster.cpu_times()
        database = sum(ended[:4])
        for process in self._postmaster.children():
            try:
                database += sum(process.cpu_times()[:2])
            except psutil.NoSuchProcess:
                continue
        return perf_counter(), own, database

    def seconds(self) -> tuple[float, ...]:
        return tuple(now - before for now, before in zip(self._now(), self._began, strict=True))


def new_database(server: PostgreSQL) -> str:
    """The URL of an empty database with all tables."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {NAME}")
    url = server.url.replace("/smartscheduler?", f"/{NAME}?")
    migrate(url)
    return url


def main() -> int:
    with cluster() as server:
        url = new_database(server)
        set_up(url)
        slow = 0
        today = datetime.now(tz=UTC).date()
        for kind, text in (("contractors", contractors(ROWS)), ("jobs", jobs(ROWS, today))):
            total = sum(measured(server, kind, text))
            slow += total > LIMIT_SECONDS
            print(f"{kind:<12} {'in all':<10} {total:7.1f} s of at most {LIMIT_SECONDS:.0f} s\n", flush=True)
    return 1 if slow else 0


def measured(server: PostgreSQL, kind: str, text: str) -> Iterator[float]:
    """Check and import a file; the seconds of each step by the clock."""
    from smartscheduler.accounts.models import User
    from smartscheduler.accounts.permissions import Role
    from smartscheduler.imports.services import begin, import_checked

    actor, _ = User.objects.get_or_create(
        email="office@example.com", defaults={"name": "Office", "role": Role.COORDINATOR}
    )
    meter = Meter(server)
    run = begin(kind=kind, name=f"{kind}.csv", content=text.encode(), actor=actor)
    yield clock_seconds(kind, "upload", meter)
    meter = Meter(server)
    work_until(run, "checked")
    yield clock_seconds(kind, "check", meter)
    meter = Meter(server)
    import_checked(run_id=run.pk)
    work_until(run, "done")
    yield clock_seconds(kind, "import", meter)
    rejected = run.rows.filter(outcome="refused").values_list("errors", flat=True)
    print(f"{kind:<12} {run.created:,} rows added, {run.refused:,} rejected {list(rejected[:3]) or ''}", flush=True)


def work_until(run: Any, state: str) -> None:
    from smartscheduler.imports.runner import work_on_files

    while run.state != state:
        work_on_files()
        run.refresh_from_db()
        if not run.is_at_work and run.state != state:
            sys.exit(f"The import is {run.state}: {run.problem}")


def clock_seconds(kind: str, step: str, meter: Meter) -> float:
    clock, processes, database = meter.seconds()
    print(
        f"{kind:<12} {step:<10} {clock:7.1f} s by the clock, {processes:6.1f} s of the processors for Python, "
        f"{database:6.1f} s for PostgreSQL",
        flush=True,
    )
    return clock


if __name__ == "__main__":
    sys.exit(main())
