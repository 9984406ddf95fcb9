"""Error messages for folders and servers that cannot be used. They name the folder and say what to do."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from smartscheduler.ops.local.servers.errors import EmbeddedServerError

ANOTHER = "choose another folder with DATA_DIR."
READ_ONLY = f"{{place}} is on a read-only file system. Make it writable, or {ANOTHER}"
NOT_ALLOWED = f"This user may not write to {{place}}. Change its owner or mode, or {ANOTHER}"
NO_ROOM = f"The disk of {{place}} is full. Free some space, or {ANOTHER}"
NO_FOLDER = f"{{place}} must be a folder, but it or a part of its path is a file. Move the file, or {ANOTHER}"
TOO_LONG = "The path {place} is too long. Choose another folder with DATA_DIR."
DAMAGED = "The data in {place} is damaged. Restore a backup (manage.py restore), or move the folder to start empty."

OF_ERRNO = {
    errno.EROFS: READ_ONLY,
    errno.EACCES: NOT_ALLOWED,
    errno.EPERM: NOT_ALLOWED,
    errno.ENOSPC: NO_ROOM,
    errno.EDQUOT: NO_ROOM,
    errno.EFBIG: NO_ROOM,
    errno.ENOTDIR: NO_FOLDER,
    errno.EEXIST: NO_FOLDER,
    errno.EISDIR: "{place} must be a file, but it is a folder. Move it, or " + ANOTHER,
    errno.ENAMETOOLONG: TOO_LONG,
}
# Texts in the logs of the servers and their programs; the first match applies.
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
    """The message for an error in `folder`; None for other errors."""
    reason = OF_ERRNO.get(error.errno or 0)
    return reason.format(place=error.filename or folder) if reason else None


@contextmanager
def explained(folder: Path) -> Iterator[None]:
    """Replace a file system error by an EmbeddedServerError with a message."""
    try:
        yield
    except OSError as error:
        if reason := sentence(error, folder):
            raise EmbeddedServerError(reason) from error
        raise


def explain_log(log: str, folder: Path) -> str | None:
    """The message for the log of a server; None without a known text."""
    return next((reason.format(place=folder) for words, reason in OF_WORDS.items() if words in log), None)
