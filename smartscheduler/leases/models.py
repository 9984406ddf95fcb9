"""Table of the leases."""

from django.db import models


class Lease(models.Model):
    """`owner` alone does what `name` says, until `until` by PostgreSQL's clock."""

    name = models.CharField(primary_key=True, max_length=40)
    owner = models.UUIDField()
    until = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
