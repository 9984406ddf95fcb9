"""The servers, the clock, the disk and the settings that the data depends on."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
from django.conf import settings
from django.core.checks import ERROR, run_checks
from django.db import connection
from redis import Redis

from smartscheduler.care.doctor.checks import Check, Scope, sentences
from smartscheduler.errors import InvalidInput
from smartscheduler.privacy.replaying import known_here, known_outside
from smartscheduler.readiness import OLDEST_POSTGRESQL

# Where another value than this loses data, skips rules or reads other instants.
NEEDED = {
    "fsync": "on",
    "full_page_writes": "on",
    "autovacuum": "on",
    "session_replication_role": "origin",
    "default_transaction_isolation": "read committed",
    "default_transaction_read_only": "off",
    "TimeZone": "UTC",
    "jit": "off",
    "server_encoding": "UTF8",
}
MOST_SKEW_SECONDS = 2.0
LEAST_FREE_BYTES = 1024**3
LEAST_FREE_SHARE = 0.05
SHORTEST_KEY = 50
LOCAL = {"localhost", "127.0.0.1", "[::1]"}


def postgresql_settings() -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::int / 10000, pg_is_in_recovery()")
        version, replica = cursor.fetchone()
        cursor.execute("SELECT name, current_setting(name) FROM unnest(%s::text[]) AS name", [list(NEEDED)])
        present = dict(cursor.fetchall())
    if version < OLDEST_POSTGRESQL:
        yield f"PostgreSQL is {version}; it must be {OLDEST_POSTGRESQL} or newer"
    if replica:
        yield "this PostgreSQL is a standby: nothing can be written"
    for name, wanted in NEEDED.items():
        if present[name] != wanted:
            yield f"{name} is {present[name]}; it should be {wanted}"


def statement_timeouts() -> Iterator[str]:
    """Asked in a session as the web opens it: a pooler may drop what a connection asks for, or a role may set it."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        present = cursor.fetchone()[0]
    if present != "0":
        yield f"statement_timeout is {present} for every session: it ends backups, migrations and imports half-way"
    parameters = connection.get_connection_params()
    options = parameters["options"] + settings.DATABASE_WEB_OPTION
    with psycopg.connect(**{**parameters, "options": options, "cursor_factory": None}) as session:
        row = session.execute("SELECT setting::int FROM pg_settings WHERE name = 'statement_timeout'").fetchone()
    if row != (settings.DATABASE_STATEMENT_SECONDS * 1_000,):
        yield "sessions of the web have another statement_timeout than DATABASE_STATEMENT_SECONDS"


def valkey() -> Iterator[str]:
    with Redis.from_url(settings.REDIS_URL, socket_timeout=5, socket_connect_timeout=5) as client:
        # INFO, because services that are rented refuse CONFIG.
        policy = str(client.info("memory").get("maxmemory_policy", "noeviction"))
    if policy != "noeviction":
        yield f"maxmemory-policy is {policy}: short of memory it would drop tasks and tickets without a word"


def clock() -> Iterator[str]:
    """How far the clock of the database is from ours, half the way there and back taken into account."""
    with connection.cursor() as cursor:
        before = time.time()
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())::float8")
        there = cursor.fetchone()[0]
        after = time.time()
    skew = there - (before + after) / 2
    if abs(skew) > MOST_SKEW_SECONDS + (after - before) / 2:
        yield f"PostgreSQL's clock is {abs(skew):.1f} seconds {'ahead of' if skew > 0 else 'behind'} this machine's"


def disk() -> Iterator[str]:
    folder: Path = next(one for one in (settings.DATA_DIR, *settings.DATA_DIR.parents) if one.exists())
    usage = shutil.disk_usage(folder)
    if usage.free < max(LEAST_FREE_BYTES, LEAST_FREE_SHARE * usage.total):
        yield f"{usage.free / 1024**3:.1f} of {usage.total / 1024**3:.1f} GiB are free at {folder}"


def wrong_settings() -> Iterator[str]:
    yield from (f"{error.id}: {error.msg}" for error in run_checks() if error.level >= ERROR)


def careless_settings() -> Iterator[str]:
    """What starts, and should not be left like that where others can reach it."""
    if settings.DEBUG:
        if not str(connection.get_connection_params().get("host", "")).startswith("/"):
            yield "DEBUG is on with a database elsewhere: errors show their insides, and everybody knows the SECRET_KEY"
        return
    if len(settings.SECRET_KEY) < SHORTEST_KEY:
        yield f"SECRET_KEY has {len(settings.SECRET_KEY)} characters; {SHORTEST_KEY} random ones cannot be guessed"
    if "*" in settings.ALLOWED_HOSTS:
        yield "ALLOWED_HOSTS lets every name in: links in mails and pages can be made to lead elsewhere"
    if set(settings.ALLOWED_HOSTS) <= LOCAL:
        yield "ALLOWED_HOSTS names this machine only: nobody else gets an answer"


def unlisted_erasures() -> Iterator[str]:
    try:
        listed = {(one.kind, one.number) for one in known_outside()}
    except InvalidInput as error:
        yield error.detail
        return
    missing = [str(one) for one in known_here() if (one.kind, one.number) not in listed]
    yield from (f"{name} is not in {settings.ERASURE_LIST or 'any list: ERASURE_LIST is empty'}" for name in missing)


CHECKS = (
    Check(
        name="postgresql",
        holds="PostgreSQL is new enough, and set so that nothing is lost",
        remedy="ALTER SYSTEM SET … = …; SELECT pg_reload_conf(); or the settings of whoever runs it for you.",
        find=sentences(postgresql_settings),
        scope=Scope.RUNNING,
    ),
    Check(
        name="statement-timeouts",
        holds="Statements of the web end in time, and those of other processes are left alone",
        remedy="Let the parameter options pass the pooler, or set statement_timeout for the role of the web alone.",
        find=sentences(statement_timeouts),
        scope=Scope.RUNNING,
        warns=True,
    ),
    Check(
        name="valkey",
        holds="Valkey answers, and forgets nothing on its own",
        remedy="Start it, or correct REDIS_URL; maxmemory-policy is to be noeviction.",
        find=sentences(valkey),
        scope=Scope.RUNNING,
    ),
    Check(
        name="clock",
        holds="This machine and PostgreSQL agree about the time",
        remedy="Turn on time synchronisation (NTP) on both: slots, tokens and the order of events depend on it.",
        find=sentences(clock),
        scope=Scope.RUNNING,
    ),
    Check(
        name="disk-space",
        holds="There is room on the disk of DATA_DIR",
        remedy="Make room, or move DATA_DIR: backups, logs and the embedded servers write there.",
        find=sentences(disk),
        scope=Scope.RUNNING,
    ),
    Check(
        name="settings",
        holds="The settings can be worked with",
        remedy="Correct the variable that is named; docs/operations.md lists all.",
        find=sentences(wrong_settings),
        scope=Scope.RUNNING,
    ),
    Check(
        name="settings-for-production",
        holds="The settings are fit for others to reach",
        remedy="Set the variable that is named; docs/operations.md lists all.",
        find=sentences(careless_settings),
        scope=Scope.RUNNING,
        warns=True,
    ),
    Check(
        name="erasures",
        holds="Everybody who was erased is also listed outside of the database",
        remedy="Put ERASURE_LIST on a volume that survives the database, and write it anew: manage.py personal_data "
        "list. A restored backup brings back whom no list names.",
        find=sentences(unlisted_erasures),
        scope=Scope.RUNNING,
        warns=True,
    ),
)
