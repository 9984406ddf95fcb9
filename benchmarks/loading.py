"""Loads a world into a database: rows are copied without indexes, then all constraints are restored and checked."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any
from uuid import UUID

import numpy as np
import psycopg

from benchmarks.worlds import GENERATION, NOW, SKILLS, STATUSES, TYPES, WEEKS, ZONES, World

TABLES = (
    "contractors_contractor",
    "contractors_workinghours",
    "contractors_absence",
    "jobs_job",
    "assignments_assignment",
)
OPEN_JOBS = 300
JOB_COLUMNS = (
    "id, created_at, updated_at, version, latitude, longitude, address, city, state, zip_code, time_zone, job_number, "
    "type, status, desired_date, duration, priority, special_requirements, required_skills, customer_name, "
    "customer_phone, cancel_reason"
)


Say = Callable[[str], None]


# Position × FACTOR + SHIFT modulo 2¹²⁸; the factor is odd, so it has an inverse.
FACTOR, SHIFT, MODULUS = 0x9E3779B97F4A7C15F39CC0605CEDC835, 0x1234567, 2**128
INVERSE = pow(FACTOR, -1, MODULUS)


def contractor_id(position: int) -> UUID:
    """A deterministic id that is distributed like random ids."""
    return UUID(int=(position * FACTOR + SHIFT) % MODULUS)


def position_of(contractor: UUID) -> int:
    """The inverse of `contractor_id`."""
    return (contractor.int - SHIFT) * INVERSE % MODULUS


def load(world: World, url: str, say: Say) -> None:
    """Fill the migrated, empty database at `url`; raises if any constraint does not hold."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET maintenance_work_mem = '1GB'; SET synchronous_commit = off; SET work_mem = '256MB'")
        with _without_history(connection), _bare_tables(connection, say):
            for step in (_contractors, _hours, _absences, _bookings, open_jobs):
                step(world, connection)
                say(step.__name__.strip("_"))
        connection.execute("VACUUM ANALYZE")
        connection.execute("CREATE TABLE benchmark_world AS SELECT %s::int AS generation", [GENERATION])
    say("vacuum and statistics")


@contextmanager
def _without_history(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Load without history: the creation of the world is not a change by a user (docs/history.md)."""
    triggers = connection.execute(
        "SELECT tgrelid::regclass::text, tgname FROM pg_trigger "
        "WHERE tgrelid = ANY(%s::regclass[]) AND tgname LIKE 'pgtrigger_history_%%'",
        [list(TABLES)],
    ).fetchall()
    for table, name in triggers:
        connection.execute(f'ALTER TABLE {table} DISABLE TRIGGER "{name}"')
    yield
    for table, name in triggers:
        connection.execute(f'ALTER TABLE {table} ENABLE TRIGGER "{name}"')


@contextmanager
def _bare_tables(connection: psycopg.Connection[Any], say: Say) -> Iterator[None]:
    """Drop constraints and indexes and create them at the end, which takes a tenth of the time."""
    constraints = connection.execute(
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), contype::text FROM pg_constraint "
        "WHERE (conrelid = ANY(%(tables)s::regclass[]) OR confrelid = ANY(%(tables)s::regclass[])) "
        "AND contype IN ('p', 'u', 'x', 'f') ORDER BY position(contype::text in 'puxf')",
        {"tables": list(TABLES)},
    ).fetchall()
    for table, name, _, _ in reversed(constraints):
        connection.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    indexes = connection.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = ANY(%s) AND indexname <> 'hours_of_contractor'",
        [list(TABLES)],
    ).fetchall()
    for name, _ in indexes:
        connection.execute(f'DROP INDEX "{name}"')
    yield
    for table, name, definition, kind in constraints:
        connection.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')
        if kind == "x":
            say(name)
    for _, definition in indexes:
        connection.execute(definition)
    say("keys, indexes and constraints")


def _copy(connection: psycopg.Connection[Any], into: str, rows: Iterable[str]) -> None:
    with connection.cursor().copy(f"COPY {into} FROM STDIN") as copy:
        part: list[str] = []
        for row in rows:
            part.append(row)
            if len(part) == 20_000:
                copy.write("".join(part))
                part.clear()
        copy.write("".join(part))


def _contractors(world: World, connection: psycopg.Connection[Any]) -> None:
    skills = ["{" + ",".join(f'"{s}"' for bit, s in enumerate(SKILLS) if mask >> bit & 1) + "}" for mask in range(64)]
    columns = (world.type, world.status, world.rating, world.radius, world.latitude, world.longitude, world.zone)
    rows = zip(*(column.tolist() for column in (*columns, world.skills)), strict=True)
    _copy(
        connection,
        "contractors_contractor (id, created_at, updated_at, version, latitude, longitude, address, city, state, "
        "zip_code, time_zone, name, type, status, rating, rating_count, rating_total, phone_number, email, skills, "
        "service_radius_miles)",
        (
            f"{contractor_id(n)}\t{NOW}\t{NOW}\t1\t{latitude:.7f}\t{longitude:.7f}\t{n} Main Street\tSpringfield\tTX\t"
            f"78701\t{ZONES[zone]}\t{world.name(n)}\t{TYPES[kind]}\t{STATUSES[status]}\t{rating / 100:.2f}\t20\t"
            f"{rating / 5:.2f}\t(512) 555-0143\tcrew{n}@example.com\t{skills[mask]}\t"
            f"{'' if radius == radius else chr(92) + 'N'}{f'{radius:.2f}' if radius == radius else ''}\n"
            for n, (kind, status, rating, radius, latitude, longitude, zone, mask) in enumerate(rows)
        ),
    )


def _hours(world: World, connection: psycopg.Connection[Any]) -> None:
    connection.execute("CREATE TEMP TABLE week (number int, day int, start_time time, end_time time)")
    connection.execute("CREATE TEMP TABLE works (id uuid, week int)")
    for number, shifts in enumerate(WEEKS):
        for day, start, end in ((shift.day_of_week, shift.start_time, shift.end_time) for shift in shifts):
            connection.execute("INSERT INTO week VALUES (%s, %s, %s, %s)", [number, day, start, end])
    _copy(connection, "works", (f"{contractor_id(n)}\t{week}\n" for n, week in enumerate(world.week.tolist())))
    # One statement, so that the trigger of the hours summary runs once.
    connection.execute(
        "INSERT INTO contractors_workinghours (contractor_id, day_of_week, start_time, end_time) "
        "SELECT id, day, start_time, end_time FROM works JOIN week ON number = week"
    )


def _absences(world: World, connection: psycopg.Connection[Any]) -> None:
    connection.execute("CREATE TEMP TABLE away (owner uuid, start bigint, stop bigint)")
    _copy(connection, "away", (f"{contractor_id(n)}\t{start}\t{end}\n" for n, start, end in world.away.tolist()))
    connection.execute(
        "INSERT INTO contractors_absence (contractor_id, period, kind, note, created_at) "
        "SELECT owner, tstzrange(to_timestamp(start * 60), to_timestamp(stop * 60)), 'leave', '', now() FROM away"
    )


def _bookings(world: World, connection: psycopg.Connection[Any]) -> None:
    """Live assignments of the world, and a cancelled one before every twentieth."""
    connection.execute(
        "CREATE TEMP TABLE held (id uuid, number int, owner uuid, start bigint, stop bigint, latitude float8, "
        "longitude float8, status text)"
    )
    states = np.where(np.arange(len(world.booked)) % 3 == 0, "pending", "confirmed").tolist()
    _copy(
        connection,
        "held",
        (
            f"{UUID(int=n + 2**100)}\t{n}\t{contractor_id(owner)}\t{start}\t{end}\t{site[0]}\t{site[1]}\t{status}\n"
            for n, ((owner, start, end), site, status) in enumerate(
                zip(world.booked.tolist(), world.sites.tolist(), states, strict=True)
            )
        ),
    )
    connection.execute(
        f"INSERT INTO jobs_job ({JOB_COLUMNS}) "  # noqa: S608
        "SELECT id, %(now)s, %(now)s, 1, latitude, longitude, '1 Oak Street', 'Springfield', 'TX', '78701', "
        "'America/Chicago', 'JOB-20270308-' || upper(lpad(to_hex(number), 8, '0')), 'flooring', 'assigned', "
        "to_timestamp(start * 60), make_interval(mins => (stop - start)::int), 'medium', '', '{}', '', '', '' "
        "FROM held",
        {"now": NOW},
    )
    for extra in ("", "cancelled"):
        connection.execute(
            "INSERT INTO assignments_assignment (id, created_at, updated_at, version, time_slot, status, "
            "confirmed_at, cancelled_at, cancel_reason, score, score_breakdown, candidates_considered, "
            "override_reason, contractor_id, job_id) "
            "SELECT CASE WHEN %(gone)s THEN gen_random_uuid() ELSE id END, %(now)s, %(now)s, 1, "
            "tstzrange(to_timestamp(start * 60), to_timestamp(stop * 60)), "
            "CASE WHEN %(gone)s THEN 'cancelled' ELSE status END, "
            "CASE status WHEN 'confirmed' THEN %(now)s END, CASE WHEN %(gone)s THEN %(now)s END, '', 0.8, '{}', 1, '', "
            "owner, id FROM held WHERE NOT %(gone)s OR number %% 20 = 0",
            {"now": NOW, "gone": bool(extra)},
        )


def job_id(number: int) -> UUID:
    """The id of open job `number`."""
    return UUID(int=2**101 + number)


def open_jobs(world: World, connection: psycopg.Connection[Any]) -> None:
    """The jobs for rankings over HTTP: those of the first usual queries."""
    from benchmarks.questions import questions  # needs Django's settings

    asked = (question.request for question in islice(questions(world, 0, usual=True), OPEN_JOBS))
    _copy(
        connection,
        f"jobs_job ({JOB_COLUMNS})",
        (
            f"{job_id(n)}\t{NOW}\t{NOW}\t1\t{job.point.latitude:.7f}\t{job.point.longitude:.7f}\t1 Oak Street\t"
            f"Springfield\tTX\t78701\t{job.time_zone}\tJOB-20270307-{n:08X}\t{job.type}\topen\t{job.desired_date}\t"
            f"{job.duration}\tmedium\t\t{{{','.join(job.required_skills)}}}\t\t\t\n"
            for n, job in enumerate(asked)
        ),
    )
