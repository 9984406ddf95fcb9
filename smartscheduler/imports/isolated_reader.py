"""Reading of files in a child process, which is killed when it exceeds its time or memory limit."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext as translated

from smartscheduler.core import child_process
from smartscheduler.errors import Busy, InvalidInput
from smartscheduler.imports.readings import Reading, unpacked_reading
from smartscheduler.imports.unreadable import UnreadableFile

# Each process uses up to one core and FILE_PROCESS_MEMORY_MB, so further files wait.
AT_ONCE = 1
_turns = threading.BoundedSemaphore(AT_ONCE)


def read_apart(name: str, content: bytes, *, encoding: str | None = None) -> Reading:
    """Read all sheets of a file, in an encoding or in the one that it seems to have.

    Raises InvalidInput (field `file`), and Busy while other files are being read.
    """
    if not _turns.acquire(timeout=settings.FILE_PROCESS_SECONDS):
        raise Busy(gettext("Other files are being read. Try again in a moment."))
    try:
        answer = child_process.call(
            "smartscheduler.imports.file_reader:read_for_parent",
            b"\0".join([name.encode(), (encoding or "").encode(), content]),
            seconds=settings.FILE_PROCESS_SECONDS,
            megabytes=settings.FILE_PROCESS_MEMORY_MB,
        )
    except child_process.TimeLimitExceeded:
        text = gettext("Reading the file takes more than {seconds} seconds. Save it as CSV, or split it.")
        raise InvalidInput.of("file", text.format(seconds=settings.FILE_PROCESS_SECONDS)) from None
    except child_process.MemoryLimitExceeded:
        text = gettext("Reading the file takes more than {megabytes} MB of memory. Save it as CSV, or split it.")
        raise InvalidInput.of("file", text.format(megabytes=settings.FILE_PROCESS_MEMORY_MB)) from None
    except child_process.ChildFailed:
        raise InvalidInput.of("file", gettext("The file cannot be read. The server log has the reason.")) from None
    finally:
        _turns.release()
    result = json.loads(answer)
    if "refusal" in result:
        raise _translated(result["refusal"], result["values"])
    return unpacked_reading(result["reading"])


@contextmanager
def translated_refusals() -> Iterator[None]:
    """Raise the refusals of the reader in the language of the user, where its functions run in this process."""
    try:
        yield
    except UnreadableFile as refusal:
        raise _translated(refusal.message, refusal.values) from None


def _translated(message: str, values: dict[str, str | int]) -> InvalidInput:
    # The message is a literal of the reader, marked there with gettext_noop.
    return InvalidInput.of("file", translated(message).format(**values))
