"""One file that is to be imported, and how far that has come."""

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models


class ImportRun(models.Model):
    """Checked first, row by row, without writing anything; imported when somebody says so."""

    class Kind(models.TextChoices):
        CONTRACTORS = "contractors", "Contractors"
        JOBS = "jobs", "Jobs"

    class State(models.TextChoices):
        CHECKING = "checking", "Checking"
        CHECKED = "checked", "Checked"
        IMPORTING = "importing", "Importing"
        DONE = "done", "Done"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=11, choices=Kind.choices)
    name = models.CharField("file", max_length=200)
    # In the database, where every web process and worker finds it; ten megabytes at most.
    content = models.BinaryField()
    state = models.CharField(max_length=9, choices=State.choices, default=State.CHECKING)
    total = models.PositiveIntegerField(default=0)
    at = models.PositiveIntegerField(default=0, help_text="How many rows have been looked at in this state.")
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(
                fields=["created_at"], name="import_at_work", condition=models.Q(state__in=["checking", "importing"])
            ),
        ]
        verbose_name = "import"

    def __str__(self) -> str:
        return self.name

    @property
    def is_at_work(self) -> bool:
        return self.state in {self.State.CHECKING, self.State.IMPORTING}

    @property
    def percent(self) -> int:
        return 100 * self.at // self.total if self.total else 100

    def begin_import(self) -> None:
        """From checked to importing; the counts begin anew."""
        self.state, self.at, self.finished_at = self.State.IMPORTING, 0, None
        self.created = self.updated = self.unchanged = self.refused = 0

    def count(self, outcome: str) -> None:
        self.at += 1
        setattr(self, outcome, getattr(self, outcome) + 1)

    def finish(self, at: datetime) -> None:
        self.state = self.State.CHECKED if self.state == self.State.CHECKING else self.State.DONE
        self.finished_at = at


class ImportedRow(models.Model):
    """What became of one row of the file: of the check, and later of the import itself."""

    class Outcome(models.TextChoices):
        CREATED = "created", "New"
        UPDATED = "updated", "Changed"
        UNCHANGED = "unchanged", "As it was"
        REFUSED = "refused", "Refused"

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField(help_text="The line of a spreadsheet; the heading is line 1.")
    label = models.CharField(max_length=200, blank=True)
    outcome = models.CharField(max_length=9, choices=Outcome.choices)
    errors = models.JSONField(default=dict, help_text="Column → messages; the empty name is for the row as a whole.")

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="imported_row_once")]

    def __str__(self) -> str:
        return f"line {self.number}"
