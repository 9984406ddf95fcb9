"""The embedded servers: shared by processes, stopped by the last one, in any folder."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
import redis

from smartscheduler import BASE_DIR
from smartscheduler.ops.local.servers import EmbeddedServerError, Servers
from smartscheduler.ops.local.servers.directories import LONGEST_SOCKET_PATH
from smartscheduler.ops.local.servers.file_lock import Lock
from smartscheduler.ops.local.servers.postgresql import PostgreSQL
from smartscheduler.ops.local.servers.valkey import Valkey
from smartscheduler.ops.local.servers.wait import wait_until_gone
from tests.products import folder

pytestmark = pytest.mark.system


@pytest.fixture
def home() -> Iterator[Path]:
    with folder() as path:
        yield path


def servers(home: Path) -> Servers:
    return Servers(home, [PostgreSQL(home / "postgresql", throwaway=True), Valkey(home / "valkey")])


def query(server: PostgreSQL | Valkey, statement: str) -> Any:
    with psycopg.connect(server.url, autocommit=True) as connection:
        cursor = connection.execute(statement)
        row = cursor.fetchone() if cursor.description else None
        return row and row[0]


def client(server: PostgreSQL | Valkey) -> redis.Redis:
    return redis.Redis.from_url(server.url, decode_responses=True)


def test_they_run_with_the_options_that_short_queries_need(home: Path) -> None:
    with servers(home) as both:
        postgresql, valkey = both.members
        assert query(postgresql, "SHOW jit") == "off"
        assert query(postgresql, "SHOW listen_addresses") == ""
        assert query(postgresql, "SHOW server_version").startswith("18")
        with client(valkey) as redis_client:
            assert redis_client.config_get("port") == {"port": "0"}


def test_the_last_to_leave_stops_them(home: Path) -> None:
    first, second = servers(home), servers(home)
    first.start()
    postmaster = psutil.Process(int((home / "postgresql" / "postmaster.pid").read_text().split()[0]))
    second.start()
    assert first.stop() is False
    assert [member.is_running() for member in second.members] == [True, True]
    assert second.stop() is True
    assert [member.is_running() for member in second.members] == [False, False]
    assert wait_until_gone([postmaster], 0) == []


def test_the_data_is_there_the_next_time(home: Path) -> None:
    with servers(home) as both:
        query(both.members[0], "CREATE TABLE kept AS SELECT 42 AS answer")
        with client(both.members[1]) as redis_client:
            redis_client.set("kept", "42")
    with servers(home) as both:
        assert query(both.members[0], "SELECT answer FROM kept") == 42
        with client(both.members[1]) as redis_client:
            assert redis_client.get("kept") == "42"


def test_a_user_that_was_killed_does_not_count(home: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from tests.ops.local.test_servers import servers; "
        "servers(Path(sys.argv[1])).start(); print('started', flush=True); time.sleep(60)"
    )
    user = subprocess.Popen([sys.executable, "-c", program, str(home)], cwd=BASE_DIR, stdout=subprocess.PIPE, text=True)
    assert user.stdout
    assert user.stdout.readline() == "started\n"
    pid_file = home / "postgresql" / "postmaster.pid"
    before = pid_file.read_text().split()[0]
    user.kill()
    user.wait()
    both = servers(home)
    both.start()
    assert pid_file.read_text().split()[0] == before  # joined
    assert both.stop() is True
    assert not pid_file.exists()


@pytest.mark.parametrize("name", ["a folder, with 100 % odd & 'quoted' $HOME characters", "long" * 30])
def test_any_folder_will_do(home: Path, name: str) -> None:
    with servers(home / name) as both:
        assert query(both.members[0], "SELECT 1") == 1
        with client(both.members[1]) as redis_client:
            assert redis_client.ping()
        for member, socket in zip(both.members, (".s.PGSQL.5432", "valkey.sock"), strict=True):
            assert (member.sockets / socket).is_socket()
            assert len(os.fsencode(member.sockets / socket)) <= LONGEST_SOCKET_PATH
    for member in both.members:
        assert not list(member.sockets.rglob("*sock*"))
        if member.sockets != member.directory:
            assert not member.sockets.exists()


def test_an_interrupted_first_start_is_repeated(home: Path) -> None:
    unfinished = home / "postgresql.unfinished"
    unfinished.mkdir()
    (unfinished / "PG_VERSION").write_text("18\n")
    with servers(home) as both:
        assert query(both.members[0], "SELECT 1") == 1
    assert not unfinished.exists()


def test_a_stale_pid_file_that_names_a_living_stranger_is_no_obstacle(home: Path) -> None:
    with servers(home):
        pass
    (home / "postgresql" / "postmaster.pid").write_text(f"{os.getppid()}\n{home / 'postgresql'}\n")
    with servers(home) as both:
        assert query(both.members[0], "SELECT 1") == 1


def test_data_of_another_major_version_is_left_alone(home: Path) -> None:
    with servers(home):
        pass
    version = home / "postgresql" / "PG_VERSION"
    version.write_text("17\n")
    with pytest.raises(EmbeddedServerError, match="made by PostgreSQL 17, and this is version 18"):
        servers(home).start()
    assert version.read_text() == "17\n"
    assert not (home / "postgresql" / "postmaster.pid").exists()


def test_a_lock_is_gone_with_the_process_that_held_it(home: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from smartscheduler.ops.local.servers.file_lock import Lock; "
        "lock = Lock(Path(sys.argv[1])); lock.acquire(); print('locked', flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", program, str(home / "lock")], cwd=BASE_DIR, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout
    assert holder.stdout.readline() == "locked\n"
    mine = Lock(home / "lock")
    assert mine.acquire(wait=False) is False
    assert mine.acquire(shared=True, wait=False) is False
    holder.kill()
    holder.wait()
    assert mine.acquire(wait=False) is True
    mine.release()
    assert list((home / "lock").iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"), reason="only root can become somebody else")
def test_an_account_other_than_root_can_start_them(home: Path) -> None:
    os.chown(home, 65534, 65534)
    program = (
        "import os, sys; from pathlib import Path; from tests.ops.local.test_servers import query, servers\n"
        "with servers(Path(sys.argv[1])) as both: print(os.geteuid(), query(both.members[0], 'SELECT 7'))"
    )
    # May read what root may, since this Python can live in root's home, and write only what is its own.
    nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    nobody += ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
    done = subprocess.run(
        [*nobody, sys.executable, "-c", program, str(home / "data")],
        cwd=BASE_DIR,
        env=os.environ | {"HOME": str(home), "COVERAGE_PROCESS_CONFIG": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "65534 7\n", done.stderr
    assert (home / "data" / "postgresql").stat().st_uid == 65534
    assert not [process for process in psutil.process_iter(["cmdline"]) if str(home) in str(process.info["cmdline"])]
