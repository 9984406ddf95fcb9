"""File locks that the kernel releases when the process ends in any way."""

import fcntl
import os
from pathlib import Path


class Lock:
    """A lock on a directory, which is created if necessary. Unlike a lock file it needs no cleanup."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._descriptor: int | None = None

    def acquire(self, *, shared: bool = False, wait: bool = True) -> bool:
        """Acquire or convert the lock. Returns False when another process holds it and `wait` is false."""
        if self._descriptor is None:
            self._directory.mkdir(parents=True, exist_ok=True)
            self._descriptor = os.open(self._directory, os.O_RDONLY)
        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        try:
            fcntl.flock(self._descriptor, kind if wait else kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> "Lock":
        self.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()
