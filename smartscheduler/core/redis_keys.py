"""Names of Redis keys and channel groups. They contain the database name, so that installations can share a server."""

import re

from django.db import connection

LONGEST_DATABASE_NAME = 80


def database_name() -> str:
    """The name of the database, restricted to the characters that Channels allows in group names."""
    return re.sub(r"[^A-Za-z0-9_.-]", "-", str(connection.settings_dict["NAME"]))[:LONGEST_DATABASE_NAME]


def redis_key(*parts: str) -> str:
    """The key `smartscheduler:<database>:<part>:<part>…`."""
    return ":".join(["smartscheduler", database_name(), *parts])
