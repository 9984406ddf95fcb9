"""Helpers that read logs and wait for processes to end."""

import time
from collections.abc import Iterable
from pathlib import Path

import psutil


def read_from(log: Path, position: int) -> str:
    """The text of a log after byte `position`."""
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(position)
        return file.read().decode(errors="replace")


def wait_until_gone(processes: Iterable[psutil.Process], seconds: float) -> list[psutil.Process]:
    """The processes that still run after `seconds`. Zombies count as ended."""
    deadline = time.monotonic() + seconds
    living = [process for process in processes if _lives(process)]
    while living and time.monotonic() < deadline:
        time.sleep(0.01)
        living = [process for process in living if _lives(process)]
    return living


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
