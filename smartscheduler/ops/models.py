"""Database table of the write probe."""

from django.db import models


class WriteProbe(models.Model):
    """A committed row of the write probe (smartscheduler.ops.write_probe)."""

    written_at = models.DateTimeField()
    # Random bytes, larger than a page, so that no row fits into free space of existing pages.
    padding = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.written_at}"
