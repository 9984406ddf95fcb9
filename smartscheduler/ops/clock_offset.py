"""Offset between the clocks of PostgreSQL and this machine."""

import time
from typing import NamedTuple

from django.db import connection


class Skew(NamedTuple):
    """Seconds that PostgreSQL's clock is ahead, and the largest error: half of the round-trip time."""

    seconds: float
    uncertainty: float


def skew() -> Skew:
    with connection.cursor() as cursor:
        before = time.time()
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())::float8")
        there = cursor.fetchone()[0]
        after = time.time()
    return Skew(there - (before + after) / 2, (after - before) / 2)
