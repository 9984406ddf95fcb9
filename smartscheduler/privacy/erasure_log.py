"""List of erasures in a file outside the database: a restored backup lacks the erasures that were made after it."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import structlog
from django.conf import settings
from django.utils.translation import gettext

from smartscheduler.errors import InvalidInput
from smartscheduler.privacy.models import Erasure

log = structlog.get_logger(__name__)


def append(erasure: Erasure) -> None:
    """Add one line to settings.ERASURE_LIST. A failure is logged and does not undo the erasure."""
    if not settings.ERASURE_LIST:
        return
    path = Path(settings.ERASURE_LIST)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(erasure.as_json()) + "\n")
    except OSError as error:
        log.error("erasure_list_not_written", kind=erasure.kind, number=erasure.number, error=error.strerror)


def lines(erasures: Iterable[Erasure]) -> Iterator[str]:
    return (json.dumps(erasure.as_json()) for erasure in erasures)


def read(path: Path) -> list[Erasure]:
    """Read the erasures of a list. Raises InvalidInput (field `file`) for the first invalid line."""
    erasures = []
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        message = gettext("{path} cannot be read: {error}").format(path=path, error=error)
        raise InvalidInput.of("file", message) from error
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            erasures.append(Erasure.of(json.loads(line)))
        except (ValueError, KeyError, TypeError) as error:
            message = gettext("Line {number} of {path} is not an erasure.").format(number=number, path=path)
            raise InvalidInput.of("file", message) from error
    return erasures
