"""Strict reader of environment variables; errors are collected for the system checks."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

import environ

from smartscheduler.core.waking_hours import WakingHours

DATABASE_SCHEMES = {"postgres", "postgresql", "psql", "pgsql"}
REDIS_SCHEMES = {"redis", "rediss", "unix"}
BOOLEANS = dict.fromkeys(("1", "true", "yes", "on"), True) | dict.fromkeys(("0", "false", "no", "off"), False)
T = TypeVar("T")


class Problem(NamedTuple):
    """A variable whose value cannot be parsed, and the expected form."""

    variable: str
    expected: str


class Environment(environ.Env):
    """django-environ with strict parsing: an empty variable counts as not set, and no reader raises.

    A value that cannot be parsed is added to `problems`, and its default is returned. The system checks then report
    all wrong variables at once, and the application refuses to start. `variables` holds the names that were read.
    """

    def __init__(self) -> None:
        super().__init__()
        self.problems: list[Problem] = []
        self.variables: set[str] = set()

    def flag(self, variable: str, default: bool) -> bool:
        return self._read(variable, default, "1 or 0", lambda text: BOOLEANS[text.lower()])

    def whole(self, variable: str, default: int) -> int:
        return self._read(variable, default, "a whole number", int)

    def number(self, variable: str, default: float) -> float:
        return self._read(variable, default, "a number", _finite)

    def comma_list(self, variable: str, default: list[str]) -> list[str]:
        return self._read(variable, default, "words between commas", _comma_list)

    def text(self, variable: str, default: str) -> str:
        return self._read(variable, default, "text", str)

    def database(self, variable: str, default: str) -> dict[str, Any]:
        """The entry of Django's DATABASES for a PostgreSQL URL."""
        return self._read(variable, _database(default), "postgresql://user:password@host:5432/name", _database)

    def redis(self, variable: str, default: str) -> str:
        """The URL of a Redis or Valkey server, unchanged."""
        return self._read(variable, default, "redis://host:6379/0", _redis)

    def mail(self, variable: str, default: str) -> dict[str, Any]:
        """Django's EMAIL_* settings for the URL of a mail server."""
        return self._read(variable, _mail(default), "smtp+tls://user:password@host:587 or consolemail://", _mail)

    def hours(self, variable: str, default: str) -> WakingHours:
        """Two times of day, such as `08:00-21:00`."""
        return self._read(variable, WakingHours.of(default), "two times of a day, such as 08:00-21:00", WakingHours.of)

    def _read(self, variable: str, default: T, expected: str, parse: Callable[[str], T]) -> T:
        """The value parsed by `parse`, or `default`; `parse` raises ValueError or KeyError."""
        self.variables.add(variable)
        text = self.ENVIRON.get(variable, "").strip()
        if not text:
            return default
        try:
            return parse(text)
        except (ValueError, KeyError):
            self.problems.append(Problem(variable, expected))
            return default


def _database(url: str) -> dict[str, Any]:
    if urlsplit(url).scheme not in DATABASE_SCHEMES:
        raise ValueError(url)
    config = dict(environ.Env.db_url_config(url))
    if not config["NAME"]:
        raise ValueError(url)
    return config


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _comma_list(text: str) -> list[str]:
    return [word for part in text.split(",") if (word := part.strip())]


def _mail(text: str) -> dict[str, Any]:
    """Django's EMAIL_* settings; the schemes for files and memory are for tests. Raises ValueError, KeyError."""
    url = urlsplit(text)
    if url.scheme not in environ.Env.EMAIL_SCHEMES or (url.scheme.startswith("smtp") and not url.hostname):
        raise ValueError(text)
    return dict(environ.Env.email_url_config(text))


def _redis(text: str) -> str:
    url = urlsplit(text)
    place = url.path if url.scheme == "unix" else url.hostname
    if url.scheme not in REDIS_SCHEMES or not place or url.port == 0:
        raise ValueError(text)
    return text
