"""Databases by size in a separate cluster below DATA_DIR, kept between runs."""

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

import django
import psycopg

from benchmarks import loading
from benchmarks.worlds import GENERATION, World, build
from smartscheduler.ops.local.servers import Servers
from smartscheduler.ops.local.servers.postgresql import PostgreSQL

HOME = Path(os.environ.get("DATA_DIR") or ".data").resolve() / "bench"


@contextmanager
def cluster() -> Iterator[PostgreSQL]:
    """The cluster; it runs while a process uses it. Its buffers are large enough for the data, as in production."""
    server = PostgreSQL(HOME / "postgresql", shared_buffers="4GB", max_wal_size="8GB")
    with Servers(HOME, [server]):
        yield server


def world_of(size: int, server: PostgreSQL) -> tuple[World, str]:
    """The world of a size and the URL of its database, which is created when it is missing or out of date."""
    began = perf_counter()
    world = build(size)
    name = f"world_{size}"
    url = server.url.replace("/smartscheduler?", f"/{name}?")

    def say(what: str) -> None:
        print(f"  {size:>9,} contractors  {what:<34} {perf_counter() - began:7.1f} s", flush=True)

    if not is_current(url):
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            connection.execute(f"CREATE DATABASE {name}")
        migrate(url)
        set_up(url)
        loading.load(world, url, say)
    return world, url


# Tables and indexes that a ranking reads.
HOT = (
    "contractors_contractor, contractors_contractor_pkey, contractor_in_regions, contractor_far_travelling, "
    "hours_of_contractor, contractors_absence, assignment_live, jobs_job, jobs_job_pkey"
)


def warm(urls: Iterable[str]) -> None:
    """Load frequently used data into memory as in production; the queries of a run are too few for that."""
    for url in urls:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE EXTENSION IF NOT EXISTS pg_prewarm")
            connection.execute("SELECT pg_prewarm(part) FROM unnest(string_to_array(%s, ', ')) AS part", [HOT])


def is_current(url: str) -> bool:
    """Whether the database has a complete world of this generation and all migrations."""
    try:
        with psycopg.connect(url) as connection:
            row = connection.execute("SELECT generation FROM benchmark_world").fetchone()
    except psycopg.Error:
        return False
    check = [sys.executable, "manage.py", "migrate", "--check", "-v", "0"]
    return row == (GENERATION,) and not subprocess.run(check, env=_environment(url), check=False).returncode  # noqa: S603


def migrate(url: str) -> None:
    command = [sys.executable, "manage.py", "migrate", "-v", "0"]
    subprocess.run(command, env=_environment(url), check=True)  # noqa: S603


def set_up(url: str) -> None:
    """Set up Django, which the queries need."""
    for name, value in _environment(url).items():
        os.environ.setdefault(name, value)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "smartscheduler.settings")
    django.setup()


def _environment(url: str) -> dict[str, str]:
    return os.environ | {"DATABASE_URL": url, "REDIS_URL": os.environ.get("REDIS_URL") or "redis://localhost:1/0"}
