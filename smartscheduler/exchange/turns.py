"""The child process of an import: Django set up, then one turn of one file."""

from uuid import UUID

import django

django.setup()

# Models need Django set up.
from smartscheduler.exchange.tasks import work_on_imports  # noqa: E402
from smartscheduler.exchange.work import work_on_file  # noqa: E402
from smartscheduler.history.authors import through  # noqa: E402


def work_for_parent(payload: bytes) -> bytes:
    """The id of a run in, nothing out."""
    with through("task", work_on_imports.name):
        work_on_file(UUID(payload.decode()))
    return b""
