"""Checks of servers, clocks, disks, and settings."""

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

# Other values of these lose data, skip constraints, or change instants.
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
        yield "this PostgreSQL is a standby and read-only"
    for name, needed in NEEDED.items():
        if present[name] != needed:
            yield f"{name} is {present[name]}; it should be {needed}"


def statement_timeouts() -> Iterator[str]:
    """Checked in a session like the web's, because poolers can drop connection options and roles can override them."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        present = cursor.fetchone()[0]
    if present != "0":
        yield f"statement_timeout is {present} for every session, which interrupts backups, migrations, and imports"
    parameters = connection.get_connection_params()
    options = parameters["options"] + settings.DATABASE_WEB_OPTION
    with psycopg.connect(**{**parameters, "options": options, "cursor_factory": None}) as session:
        row = session.execute("SELECT setting::int FROM pg_settings WHERE name = 'statement_timeout'").fetchone()
    if row != (settings.DATABASE_STATEMENT_SECONDS * 1_000,):
        yield "statement_timeout of web sessions differs from DATABASE_STATEMENT_SECONDS"


def valkey() -> Iterator[str]:
    with Redis.from_url(settings.REDIS_URL, socket_timeout=5, socket_connect_timeout=5) as client:
        # INFO, because managed services reject CONFIG.
        memory, role = client.info("memory"), client.info("replication").get("role")
        try:
            client.set("smartscheduler:doctor:written", "1", ex=60)
        except ResponseError as error:
            yield f"it rejects writes: {error}"
    policy = str(memory.get("maxmemory_policy", "noeviction"))
    if policy != "noeviction":
        yield f"maxmemory-policy is {policy}: with full memory it silently drops tasks and tickets"
    if role not in {None, "master"}:
        yield f"it is a {role}: tasks and tickets must go to the primary"
    if (most := int(memory.get("maxmemory", 0))) and memory["used_memory"] > MOST_MEMORY_SHARE * most:
        yield f"{memory['used_memory'] / most:.0%} of maxmemory is used; with full memory it rejects tasks and tickets"


def clock() -> Iterator[str]:
    offset = skew()
    if abs(offset.seconds) > MOST_SKEW_SECONDS + offset.uncertainty:
        direction = "ahead of" if offset.seconds > 0 else "behind"
        yield f"PostgreSQL's clock is {abs(offset.seconds):.1f} seconds {direction} this machine's"


def disk() -> Iterator[str]:
    for volume in disks():
        if volume.is_short:
            files = f", and {volume.free_files:,} of {volume.files:,} files" if volume.files else ""
            yield f"{volume.free / GIB:.1f} of {volume.total / GIB:.1f} GiB{files} are free at {volume.folder}"


def writes() -> Iterator[str]:
    """Writes on a separate connection, because checks run in a read-only transaction."""
    with ThreadPoolExecutor(1) as thread:
        try:
            thread.submit(_check_writes).result()
        except DatabaseError as error:
            yield f"a write was rejected: {str(error).strip().splitlines()[0]}"


def _check_writes() -> None:
    try:
        check_writes()
    finally:
        connection.close()


def wrong_settings() -> Iterator[str]:
    yield from (f"{error.id}: {error.msg}" for error in run_checks() if error.level >= ERROR)


def careless_settings() -> Iterator[str]:
    """Valid settings that are unsafe where others can reach the product."""
    if settings.DEBUG:
        if not str(connection.get_connection_params().get("host", "")).startswith("/"):
            yield "DEBUG is on with a remote database: error pages show internal data, and the SECRET_KEY is public"
        return
    if len(settings.SECRET_KEY) < SHORTEST_KEY:
        yield f"SECRET_KEY has {len(settings.SECRET_KEY)} characters; it should have {SHORTEST_KEY} random ones"
    if "*" in settings.ALLOWED_HOSTS:
        yield "ALLOWED_HOSTS allows every name: attackers can forge links in emails and pages"
    if set(settings.ALLOWED_HOSTS) <= LOCAL:
        yield "ALLOWED_HOSTS contains only this machine: requests from other machines are rejected"


def unlisted_erasures() -> Iterator[str]:
    try:
        listed = {(erasure.kind, erasure.number) for erasure in known_outside()}
    except InvalidInput as error:
        yield error.detail
        return
    missing = [str(erasure) for erasure in known_here() if (erasure.kind, erasure.number) not in listed]
    yield from (
        f"{name} is not in {settings.ERASURE_LIST or 'a file, because ERASURE_LIST is empty'}" for name in missing
    )


CHECKS = (
    Check(
        name="postgresql",
        holds="PostgreSQL is new enough, and its settings lose no data",
        remedy="ALTER SYSTEM SET … = …; SELECT pg_reload_conf(); or the settings of your provider.",
        find=sentences(postgresql_settings),
        scope=Scope.RUNNING,
    ),
    Check(
        name="writes",
        holds="PostgreSQL accepts writes that need new disk space",
        remedy="Free space on PostgreSQL's disk, or set DATABASE_URL to the primary. Its log has the reason.",
        find=sentences(writes),
        scope=Scope.RUNNING,
    ),
    Check(
        name="statement-timeouts",
        holds="Statements of the web have a time limit, and those of other processes have none",
        remedy="Let the pooler pass the parameter options, or set statement_timeout for the web's role only.",
        find=sentences(statement_timeouts),
        scope=Scope.RUNNING,
        warns=True,
    ),
    Check(
        name="valkey",
        holds="Valkey accepts writes, has free memory, and never evicts data",
        remedy="Start it or correct REDIS_URL. Set maxmemory-policy to noeviction, and raise maxmemory.",
        find=sentences(valkey),
        scope=Scope.RUNNING,
    ),
    Check(
        name="clock",
        holds="The clocks of this machine and PostgreSQL agree",
        remedy="Enable time synchronization (NTP) on both. Slots, tokens, and the order of events depend on it.",
        find=sentences(clock),
        scope=Scope.RUNNING,
    ),
    Check(
        name="disk-space",
        holds="The disks of DATA_DIR, ERASURE_LIST, and temporary files have free space",
        remedy="Free space or move the folder. Backups, logs, uploads, and the embedded servers write there.",
        find=sentences(disk),
        scope=Scope.RUNNING,
    ),
    Check(
        name="settings",
        holds="The settings are valid",
        remedy="Correct the named variable. docs/operations.md lists all variables.",
        find=sentences(wrong_settings),
        scope=Scope.RUNNING,
    ),
    Check(
        name="settings-for-production",
        holds="The settings are safe for production",
        remedy="Set the named variable. docs/operations.md lists all variables.",
        find=sentences(careless_settings),
        scope=Scope.RUNNING,
        warns=True,
    ),
    Check(
        name="erasures",
        holds="Every erasure is also recorded outside the database",
        remedy="Put ERASURE_LIST on a volume that is separate from the database, and write it again with manage.py "
        "personal_data list. A restored backup brings back people whose erasure is in no list.",
        find=sentences(unlisted_erasures),
        scope=Scope.RUNNING,
        warns=True,
    ),
)
