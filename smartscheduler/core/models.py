"""What every record of the domain has."""

import uuid
from collections.abc import Iterable
from typing import Any

from django.db import models

# Fields that every save brings along, and that say nothing which the history does not say itself.
OF_THE_RECORD = ("created_at", "updated_at", "version")


class Record(models.Model):
    """UUID key, time stamps, and a `version` that grows with every save (it stands behind the ETag)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        abstract = True

    def save(self, *, update_fields: Iterable[str] | None = None, **kwargs: Any) -> None:
        if not self._state.adding:
            self.version += 1
            if update_fields is not None:
                update_fields = {*update_fields, "version", "updated_at"}
        super().save(update_fields=update_fields, **kwargs)
