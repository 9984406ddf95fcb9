"""List of erasures by id and time. It contains no names and is kept permanently."""

from datetime import datetime
from typing import Any
from uuid import UUID

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _


class Erasure(models.Model):
    """One erasure. A customer is identified by the jobs, and with `subject` by their record."""

    class Kind(models.TextChoices):
        CONTRACTOR = "contractor", _("Contractor")
        CUSTOMER = "customer", _("Customer")
        USER = "user", _("User")

    kind = models.CharField(max_length=10, choices=Kind.choices)
    number = models.PositiveIntegerField(help_text=_("Number within the kind; part of the pseudonym."))
    subject: Any = models.UUIDField(null=True)
    jobs: Any = ArrayField(models.UUIDField(), default=list)
    erased_at = models.DateTimeField()
    erased_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-erased_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "number"], name="erasure_one_of_a_number"),
            models.UniqueConstraint(
                fields=["kind", "subject"], condition=models.Q(subject__isnull=False), name="erasure_once"
            ),
            models.CheckConstraint(
                condition=models.Q(kind="customer", subject__isnull=True) | models.Q(subject__isnull=False),
                name="erasure_has_a_subject",
            ),
        ]
        triggers = [pgtrigger.Protect(name="erased_for_good", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return self.pseudonym

    @property
    def pseudonym(self) -> str:
        """Name of the person after the erasure: `Former contractor 7`. Stored in records, so it is not translated."""
        return f"Former {self.kind} {self.number}"

    def as_json(self) -> dict[str, Any]:
        """Entry of the list outside the database; `of` parses it."""
        return {
            "kind": self.kind,
            "number": self.number,
            "subject": str(self.subject) if self.subject else None,
            "jobs": [str(job) for job in self.jobs],
            "erased_at": self.erased_at.isoformat(),
        }

    @classmethod
    def of(cls, line: dict[str, Any]) -> "Erasure":
        """Parse an entry of the list. Returns an unsaved erasure. Raises KeyError, ValueError or TypeError."""
        return cls(
            kind=cls.Kind(line["kind"]).value,
            number=int(line["number"]),
            subject=UUID(line["subject"]) if line["subject"] else None,
            jobs=[UUID(job) for job in line["jobs"]],
            erased_at=datetime.fromisoformat(line["erased_at"]),
        )
