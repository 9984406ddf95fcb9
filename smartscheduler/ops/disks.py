"""Room on the disks of this machine that the product writes to."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from django.conf import settings

GIB = 1024**3
LEAST_FREE_SHARE = 0.05
# A small disk, such as the temporary folder of a container, need not have a whole gigabyte free.
LEAST_FREE_BYTES, LEAST_FREE_SHARE_OF_SMALL = GIB, 0.2


class Disk(NamedTuple):
    """Bytes and files of the disk that holds `folder`; `files` is 0 where the file system does not count them."""

    name: str
    folder: Path
    free: int
    total: int
    free_files: int
    files: int

    @property
    def free_share(self) -> float:
        """The share that is free of what is scarcer: room, or numbers for new files."""
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
    for name, wanted in folders.items():
        folder = next(folder for folder in (wanted.absolute(), *wanted.absolute().parents) if folder.exists())
        found = os.statvfs(folder)
        yield Disk(
            name,
            folder,
            free=found.f_bavail * found.f_frsize,
            total=found.f_blocks * found.f_frsize,
            free_files=found.f_favail,
            files=found.f_files,
        )
