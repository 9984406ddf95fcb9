"""How far the event log has been read for changes to rankings."""

from django.db import models


class AnnouncementCursor(models.Model):
    """The one row that holds the sequence number of the last event looked at."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    sequence = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="announcement_cursor_single_row")]

    def __str__(self) -> str:
        return f"announced up to {self.sequence}"
