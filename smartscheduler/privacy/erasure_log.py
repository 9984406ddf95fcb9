"""The list of erasures outside of the database, because a restored backup knows nothing of what came after it."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import structlog
from django.conf import settings

from smartscheduler.errors import InvalidInput
from smartscheduler.privacy.models import Erasure

log = structlog.get_logger(__name__)


def append(erasure: Erasure) -> None:
    """Add one line to settings.ERASURE_LIST. The erasure stands without it: what goes wrong is logged."""
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
    """The erasures of a list. Raises InvalidInput (field `file`) with the first line that is none."""
    found = []
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput.of("file", f"{path} cannot be read: {error}") from error
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            found.append(Erasure.of(json.loads(line)))
        except (ValueError, KeyError, TypeError) as error:
            raise InvalidInput.of("file", f"Line {number} of {path} is no erasure.") from error
    return found
