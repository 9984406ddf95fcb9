"""Damaged data folders are repaired or reported with a message that names the folder."""

import os
import socket
import stat
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from smartscheduler.ops.local.servers import EmbeddedServerError, Servers
from smartscheduler.ops.local.servers.directories import socket_directory
from smartscheduler.ops.local.servers.postgresql import PostgreSQL
from smartscheduler.ops.local.servers.valkey import Valkey
from tests.products import folder, product

pytestmark = pytest.mark.system


@pytest.fixture
def home() -> Iterator[Path]:
    with folder() as path:
        yield path


@contextmanager
def disk(at: Path, *options: str) -> Iterator[Path]:
    """A file system of its own at `at`; only root may make one."""
    at.mkdir(exist_ok=True)
    command = ["/usr/bin/mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", str(at)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("this user may not mount a file system")
    try:
        yield at
    finally:
        subprocess.run(["/usr/bin/umount", "--lazy", at], check=False)


class TestValkey:
    @pytest.fixture
    def server(self, home: Path) -> Iterator[Valkey]:
        server = Valkey(home / "valkey")
        yield server
        server.stop()

    @pytest.fixture
    def dump(self, server: Valkey) -> Path:
        """A dump with a key in it, of a server that was stopped."""
        server.start()
        with server._client() as client:
            client.set("kept", "42" * 1000)
            client.save()
        server.stop()
        return server.directory / "dump.rdb"

    def begins_empty(self, server: Valkey, capsys: pytest.CaptureFixture[str]) -> str:
        """Start it, and return what is said; the damaged file is still there under another name."""
        server.start()
        with server._client() as client:
            assert client.get("kept") is None
        (aside,) = server.directory.glob("dump.rdb.damaged-*")
        output = capsys.readouterr().err
        assert aside.name in output
        return output

    @pytest.mark.parametrize(
        "damage",
        [
            lambda data: b"not a dump at all",
            lambda data: data[: len(data) // 2],
            lambda data: b"REDIS9999" + data[9:],
            lambda data: data[:-12] + b"\0" * 12,
        ],
        ids=["something else", "cut off", "of a newer version", "wrong checksum"],
    )
    def test_a_dump_that_cannot_be_loaded_is_set_aside(
        self, server: Valkey, dump: Path, damage: Callable[..., Any], capsys: pytest.CaptureFixture[str]
    ) -> None:
        dump.write_bytes(damage(dump.read_bytes()))
        output = self.begins_empty(server, capsys)
        assert output.startswith(f"Valkey could not read {dump}")
        assert output.count("\n") == 1

    def test_so_is_a_folder_in_its_place(self, server: Valkey, dump: Path, capsys: pytest.CaptureFixture[str]) -> None:
        dump.unlink()
        dump.mkdir()
        self.begins_empty(server, capsys)

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
    def test_so_is_one_that_may_not_be_read(
        self, server: Valkey, dump: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        dump.chmod(0)
        self.begins_empty(server, capsys)

    def test_what_is_whole_is_kept(self, server: Valkey, dump: Path) -> None:
        server.start()
        with server._client() as client:
            assert client.get("kept") == b"42" * 1000
        assert list(server.directory.glob("*.damaged-*")) == []

    def test_what_takes_too_long_to_load_is_kept(
        self, server: Valkey, dump: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("smartscheduler.ops.local.servers.valkey.START_SECONDS", 0.0)
        with pytest.raises(EmbeddedServerError, match="did not answer within 0 seconds"):
            server.start()
        assert dump.exists()
        assert list(server.directory.glob("*.damaged-*")) == []

    def test_so_is_a_log_that_is_cut_off(self, server: Valkey, dump: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (server.directory / "appendonlydir").mkdir()
        (server.directory / "appendonlydir" / "appendonly.aof.manifest").write_text("cut o")
        server.start()
        (aside,) = server.directory.glob("appendonlydir.damaged-*")
        assert aside.name in capsys.readouterr().err

    def test_a_number_and_a_socket_that_were_left_over_are_no_obstacle(self, server: Valkey, dump: Path) -> None:
        (server.directory / "valkey.pid").write_text("1\n")
        leftover = socket.socket(socket.AF_UNIX)
        leftover.bind(str(server.sockets / "valkey.sock"))
        leftover.close()
        server.start()
        assert server.is_running()

    def test_another_reason_is_named(self, home: Path) -> None:
        wrong: Any = {"maxmemory-policy": "nonsense"}
        with pytest.raises(EmbeddedServerError, match=r"^Valkey does not start \(.*\)\. See .*server.log\.$"):
            Valkey(home / "valkey", **wrong).start()


class TestPostgreSQL:
    @pytest.fixture
    def stopped(self, home: Path) -> PostgreSQL:
        server = PostgreSQL(home / "postgresql", throwaway=True)
        server.start()
        server.stop()
        return PostgreSQL(home / "postgresql", throwaway=True)

    @pytest.mark.parametrize("name", ["global/pg_control", "PG_VERSION", "pg_wal"])
    def test_damaged_data_is_left_alone_and_named(self, stopped: PostgreSQL, name: str) -> None:
        path = stopped.directory / name
        if path.is_dir():
            for segment in path.glob("0*"):
                segment.write_bytes(b"\0" * segment.stat().st_size)
        else:
            path.write_bytes(b"\0" * path.stat().st_size)
        with pytest.raises(EmbeddedServerError) as refused:
            stopped.start()
        assert str(stopped.directory) in str(refused.value)
        assert "is damaged. Restore a backup" in str(refused.value)
        assert "\n" not in str(refused.value)

    def test_a_folder_with_something_else_in_it_is_left_alone(self, home: Path) -> None:
        (home / "postgresql").mkdir()
        (home / "postgresql" / "letter.txt").write_text("mine")
        with pytest.raises(EmbeddedServerError, match="is damaged"):
            PostgreSQL(home / "postgresql").start()
        assert (home / "postgresql" / "letter.txt").read_text() == "mine"

    def test_a_folder_that_others_can_read_is_closed(self, stopped: PostgreSQL) -> None:
        stopped.directory.chmod(0o777)
        stopped.start()
        stopped.stop()
        assert stat.S_IMODE(stopped.directory.stat().st_mode) == 0o700

    def test_no_room(self, home: Path) -> None:
        with disk(home / "small", "size=1m") as small, pytest.raises(EmbeddedServerError) as refused:
            Servers(small, [PostgreSQL(small / "postgresql")]).start()
        assert "is full. Free some space" in str(refused.value)
        assert "DATA_DIR" in str(refused.value)


class TestUp:
    def said_by_up(self, data: Path) -> str:
        with product() as fresh:
            fresh.environment["DATA_DIR"] = str(data)
            done = fresh.manage("up")
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
        (line,) = done.stderr.strip().splitlines()
        return line

    def test_a_read_only_folder(self, home: Path) -> None:
        with disk(home / "data", "size=10m", "ro") as data:
            assert "is on a read-only file system. Make it writable, or choose another folder" in self.said_by_up(data)

    def test_a_full_disk(self, home: Path) -> None:
        with disk(home / "data", "size=64k") as data:
            with (data / "ballast").open("ab", buffering=0) as file:
                os.posix_fallocate(file.fileno(), 0, 64 * 1024)
            assert "is full. Free some space" in self.said_by_up(data)

    def test_a_file_in_its_place(self, home: Path) -> None:
        (home / "data").write_text("a letter")
        assert f"{home / 'data'}" in (output := self.said_by_up(home / "data"))
        assert "must be a folder, but it or a part of its path is a file" in output

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
    def test_a_folder_of_another_user(self) -> None:
        assert "This user may not write to" in self.said_by_up(Path("/etc/smartscheduler"))


def test_a_temporary_folder_with_too_long_a_path_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "gettempdir", lambda: "/" + "x" * 120)
    with pytest.raises(EmbeddedServerError, match=r"is too long for a socket\. Set TMPDIR"):
        socket_directory(Path("/" + "y" * 120), ".s.PGSQL.5432")
