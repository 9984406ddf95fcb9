"""The abstract base model of the domain."""

import uuid
from collections.abc import Iterable
from typing import Any

from django.db import models

# Fields that change with every save; the history leaves them out.
OF_THE_RECORD = ("created_at", "updated_at", "version")


class Record(models.Model):
    """A record with a UUID key, time stamps, and a `version` that each save increments (the ETag depends on it)."""

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
