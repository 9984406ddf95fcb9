"""Table of leases."""

from django.db import models


class Lease(models.Model):
    """The task `name` belongs to `owner` until `until`, by PostgreSQL's clock."""

    name = models.CharField(primary_key=True, max_length=40)
    owner = models.UUIDField()
    until = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
