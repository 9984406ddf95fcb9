"""Table of the write probe."""

from django.db import models


class WriteProbe(models.Model):
    """A row that was committed to show that PostgreSQL can write (smartscheduler.ops.write_probe)."""

    written_at = models.DateTimeField()
    # Random bytes, larger than a page: no row fits into space that earlier rows have left.
    padding = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.written_at}"
