"""The servers, the clock, the disk and the settings that the data depends on."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
from django.conf import settings
from django.core.checks import ERROR, run_checks
from django.db import DatabaseError, connection
from redis import Redis, ResponseError

from smartscheduler.errors import InvalidInput
from smartscheduler.ops.clock_offset import skew
from smartscheduler.ops.disks import GIB, disks
from smartscheduler.ops.doctor.check import Check, Scope, sentences
from smartscheduler.ops.preflight import OLDEST_POSTGRESQL
from smartscheduler.ops.write_probe import check_writes
from smartscheduler.privacy.replay import known_here, known_outside

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
MOST_MEMORY_SHARE = 0.9
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
        memory, role = client.info("memory"), client.info("replication").get("role")
        try:
            client.set("smartscheduler:doctor:written", "1", ex=60)
        except ResponseError as error:
            yield f"it refuses writes: {error}"
    policy = str(memory.get("maxmemory_policy", "noeviction"))
    if policy != "noeviction":
        yield f"maxmemory-policy is {policy}: short of memory it would drop tasks and tickets without a word"
    if role not in {None, "master"}:
        yield f"it is a {role}: tasks and tickets must go to the primary"
    if (most := int(memory.get("maxmemory", 0))) and memory["used_memory"] > MOST_MEMORY_SHARE * most:
        yield f"{memory['used_memory'] / most:.0%} of maxmemory is used; full, it refuses tasks and tickets"


def clock() -> Iterator[str]:
    found = skew()
    if abs(found.seconds) > MOST_SKEW_SECONDS + found.uncertainty:
        direction = "ahead of" if found.seconds > 0 else "behind"
        yield f"PostgreSQL's clock is {abs(found.seconds):.1f} seconds {direction} this machine's"


def disk() -> Iterator[str]:
    for one in disks():
        if one.is_short:
            files = f", and {one.free_files:,} of {one.files:,} files" if one.files else ""
            yield f"{one.free / GIB:.1f} of {one.total / GIB:.1f} GiB{files} are free at {one.folder}"


def writes() -> Iterator[str]:
    """On a connection of its own: checks look on in a transaction that only reads."""
    with ThreadPoolExecutor(1) as thread:
        try:
            thread.submit(_check_writes).result()
        except DatabaseError as error:
            yield f"a write was refused: {str(error).strip().splitlines()[0]}"


def _check_writes() -> None:
    try:
        check_writes()
    finally:
        connection.close()


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
        name="writes",
        holds="PostgreSQL takes writes that need new space on its disk",
        remedy="Make room on PostgreSQL's disk, or point DATABASE_URL at the primary; its log has the reason.",
        find=sentences(writes),
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
        holds="Valkey takes writes, has memory left, and forgets nothing on its own",
        remedy="Start it, or correct REDIS_URL; maxmemory-policy is to be noeviction, maxmemory above its data.",
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
        holds="There is room on the disks of DATA_DIR, of ERASURE_LIST and of temporary files",
        remedy="Make room, or move the folder: backups, logs, uploads and the embedded servers write there.",
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
