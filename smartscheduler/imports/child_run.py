"""Child process of an import: sets up Django and processes one file for one turn."""

import traceback
from uuid import UUID

import django
from django.db import connection

django.setup()

# Models can be imported only after django.setup().
from smartscheduler.core.actors import source  # noqa: E402
from smartscheduler.imports.runner import DATABASE_AWAY, OUT_OF_REACH, work_on_file  # noqa: E402
from smartscheduler.imports.tasks import work_on_imports  # noqa: E402


def work_for_parent(payload: bytes) -> bytes:
    """Process the run with the id in `payload`. Returns b"", or DATABASE_AWAY if the connection was lost."""
    with source("task", work_on_imports.name):
        try:
            work_on_file(UUID(payload.decode()))
        except OUT_OF_REACH:
            if connection.is_usable():
                raise
            traceback.print_exc()
            return DATABASE_AWAY
    return b""
