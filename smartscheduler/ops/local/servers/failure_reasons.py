"""Why a folder or a server cannot be used, in one sentence that names the folder and says what to do."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from smartscheduler.ops.local.servers.errors import EmbeddedServerError

ANOTHER = "choose another folder with DATA_DIR."
READ_ONLY = f"{{place}} is on a read-only file system: make it writable, or {ANOTHER}"
NOT_ALLOWED = f"This user may not write to {{place}}: change its owner or mode, or {ANOTHER}"
NO_ROOM = f"There is no room left on the disk of {{place}}: make room, or {ANOTHER}"
NO_FOLDER = f"{{place}} is a file, or lies below one, where a folder belongs: move the file away, or {ANOTHER}"
TOO_LONG = f"The path {{place}} is too long: {ANOTHER}"
DAMAGED = (
    "The data in {place} is damaged: restore a backup (manage.py restore), or move the folder away to begin empty."
)

OF_ERRNO = {
    errno.EROFS: READ_ONLY,
    errno.EACCES: NOT_ALLOWED,
    errno.EPERM: NOT_ALLOWED,
    errno.ENOSPC: NO_ROOM,
    errno.EDQUOT: NO_ROOM,
    errno.EFBIG: NO_ROOM,
    errno.ENOTDIR: NO_FOLDER,
    errno.EEXIST: NO_FOLDER,
    errno.EISDIR: "{place} is a folder where a file belongs: move it away, or " + ANOTHER,
    errno.ENAMETOOLONG: TOO_LONG,
}
# What the servers and their programs write into their logs, in the order in which it is looked for.
OF_WORDS = {
    "No space left on device": NO_ROOM,
    "Disk quota exceeded": NO_ROOM,
    "Read-only file system": READ_ONLY,
    "Permission denied": NOT_ALLOWED,
    "could not locate a valid checkpoint record": DAMAGED,
    "could not read file": DAMAGED,
    "could not open file": DAMAGED,
    "invalid magic": DAMAGED,
    "invalid page": DAMAGED,
    "invalid checkpoint": DAMAGED,
    "invalid data in": DAMAGED,
    "incorrect checksum": DAMAGED,
    "database files are incompatible": DAMAGED,
    "is not a valid data directory": DAMAGED,
    "not initialized by": DAMAGED,
}


def sentence(error: OSError, folder: Path) -> str | None:
    """What is wrong with `folder`, or with the file in it that the error names; None for another kind of error."""
    reason = OF_ERRNO.get(error.errno or 0)
    return reason.format(place=error.filename or folder) if reason else None


@contextmanager
def explained(folder: Path) -> Iterator[None]:
    """Turn an error of the file system into an EmbeddedServerError that explains it."""
    try:
        yield
    except OSError as error:
        if reason := sentence(error, folder):
            raise EmbeddedServerError(reason) from error
        raise


def told(log: str, folder: Path) -> str | None:
    """The sentence for what a server has logged; None when it says nothing that is known here."""
    return next((reason.format(place=folder) for words, reason in OF_WORDS.items() if words in log), None)
