"""Free space on the disks of this machine that the product writes to."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from django.conf import settings

GIB = 1024**3
LEAST_FREE_SHARE = 0.05
# Small disks, such as the temporary folder of a container, need 20 % free instead of a gigabyte.
LEAST_FREE_BYTES, LEAST_FREE_SHARE_OF_SMALL = GIB, 0.2


class Disk(NamedTuple):
    """Free and total bytes and files (inodes) of the disk of `folder`; `files` is 0 where they are not counted."""

    name: str
    folder: Path
    free: int
    total: int
    free_files: int
    files: int

    @property
    def free_share(self) -> float:
        """The free share of bytes or of files, whichever is smaller."""
        shares = [self.free / self.total if self.total else 1.0]
        shares += [self.free_files / self.files] if self.files else []
        return min(shares)

    @property
    def is_short(self) -> bool:
        needed = max(LEAST_FREE_SHARE * self.total, min(LEAST_FREE_BYTES, LEAST_FREE_SHARE_OF_SMALL * self.total))
        return self.free < needed or (bool(self.files) and self.free_files < LEAST_FREE_SHARE * self.files)


def disks() -> Iterator[Disk]:
    """The disk of DATA_DIR (embedded servers, logs, backups), of ERASURE_LIST, and of temporary files (uploads)."""
    folders = {"data": settings.DATA_DIR, "temporary": Path(tempfile.gettempdir())}
    if settings.ERASURE_LIST:
        folders["erasures"] = Path(settings.ERASURE_LIST).parent
    for name, path in folders.items():
        folder = next(folder for folder in (path.absolute(), *path.absolute().parents) if folder.exists())
        status = os.statvfs(folder)
        yield Disk(
            name,
            folder,
            free=status.f_bavail * status.f_frsize,
            total=status.f_blocks * status.f_frsize,
            free_files=status.f_favail,
            files=status.f_files,
        )
