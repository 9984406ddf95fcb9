"""Files read in a process of their own, which is ended when one takes too much time or memory."""

import json
import threading

from django.conf import settings

from smartscheduler.core import child_process
from smartscheduler.errors import Busy, InvalidInput
from smartscheduler.imports.file_reader import Table, unpacked_table

# Each takes up to a core and FILE_PROCESS_MEMORY_MB; further ones wait for their turn.
AT_ONCE = 1
_turns = threading.BoundedSemaphore(AT_ONCE)


def read_apart(name: str, content: bytes) -> Table:
    """The table of a file. Raises InvalidInput (field `file`) with what is wrong with it, Busy when others wait."""
    if not _turns.acquire(timeout=settings.FILE_PROCESS_SECONDS):
        raise Busy("Other files are being read; try again in a moment.")
    try:
        answer = child_process.call(
            "smartscheduler.imports.file_reader:read_for_parent",
            name.encode() + b"\0" + content,
            seconds=settings.FILE_PROCESS_SECONDS,
            megabytes=settings.FILE_PROCESS_MEMORY_MB,
        )
    except child_process.TimeLimitExceeded:
        limit = f"more than {settings.FILE_PROCESS_SECONDS} seconds"
        raise InvalidInput.of("file", f"Reading the file takes {limit}: save it as CSV, or split it.") from None
    except child_process.MemoryLimitExceeded:
        limit = f"more than {settings.FILE_PROCESS_MEMORY_MB} MB of memory"
        raise InvalidInput.of("file", f"Reading the file takes {limit}: save it as CSV, or split it.") from None
    except child_process.ChildFailed:
        raise InvalidInput.of("file", "The file cannot be read; the log says why.") from None
    finally:
        _turns.release()
    found = json.loads(answer)
    if "refusal" in found:
        raise InvalidInput.of("file", found["refusal"])
    return unpacked_table(found["table"])
