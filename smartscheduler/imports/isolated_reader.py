"""Reading of files in a child process, which is killed when it exceeds its time or memory limit."""

import json
import threading

from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext as translated

from smartscheduler.core import child_process
from smartscheduler.errors import Busy, InvalidInput
from smartscheduler.imports.file_reader import Table, unpacked_table

# Each process uses up to one core and FILE_PROCESS_MEMORY_MB, so further files wait.
AT_ONCE = 1
_turns = threading.BoundedSemaphore(AT_ONCE)


def read_apart(name: str, content: bytes) -> Table:
    """Read the table of a file. Raises InvalidInput (field `file`), and Busy while other files are being read."""
    if not _turns.acquire(timeout=settings.FILE_PROCESS_SECONDS):
        raise Busy(gettext("Other files are being read. Try again in a moment."))
    try:
        answer = child_process.call(
            "smartscheduler.imports.file_reader:read_for_parent",
            name.encode() + b"\0" + content,
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
        # The message is a literal of the reader, marked there with gettext_noop.
        raise InvalidInput.of("file", translated(result["refusal"]).format(**result["values"]))
    return unpacked_table(result["table"])
