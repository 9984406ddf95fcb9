"""One file that is to be imported, and how far that has come."""

import uuid
from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.db import models


class ImportRunQuerySet(models.QuerySet["ImportRun"]):
    def light(self) -> Self:
        """Without what is in the file: megabytes."""
        return self.defer("content", "table")

    def at_work(self) -> Self:
        return self.filter(state__in=ImportRun.AT_WORK)

    def unread(self) -> Self:
        """As older versions took them in."""
        return self.filter(table="").exclude(content=b"")


class ImportRun(models.Model):
    """Checked first, row by row, without writing anything; imported when somebody says so."""

    class Kind(models.TextChoices):
        CONTRACTORS = "contractors", "Contractors"
        JOBS = "jobs", "Jobs"

    class State(models.TextChoices):
        CHECKING = "checking", "Checking"
        UNCHECKED = "unchecked", "Check stopped"
        CHECKED = "checked", "Checked"
        IMPORTING = "importing", "Importing"
        STOPPED = "stopped", "Import stopped"
        DONE = "done", "Done"

    AT_WORK = (State.CHECKING, State.IMPORTING)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=11, choices=Kind.choices)
    name = models.CharField("file", max_length=200)
    # As it was read (tables.packed_table): cells and nothing else of the file, in which people can be searched for.
    table = models.TextField(default="", db_default="")
    # The file itself, as older versions kept it; emptied as soon as it has been read.
    content = models.BinaryField(default=b"")
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
    # Since when the worker has been at it without a stop, and at which row it began: the pace.
    began_at = models.DateTimeField(null=True)
    began_from = models.PositiveIntegerField(default=0, db_default=0)
    touched_at = models.DateTimeField(null=True, help_text="When the worker last did something for it.")

    turn_at = models.DateTimeField(null=True, help_text="When a worker last took it.")
    leased_until = models.DateTimeField(null=True, help_text="Until when a worker has it for itself.")
    tries = models.PositiveSmallIntegerField(default=0, db_default=0, help_text="How often it failed in a row.")
    problem = models.CharField(max_length=300, blank=True, default="", db_default="", help_text="Why it was given up.")

    objects = ImportRunQuerySet.as_manager()

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
        return self.state in self.AT_WORK

    @property
    def is_dry(self) -> bool:
        """Whether nothing is written yet."""
        return self.state in {self.State.CHECKING, self.State.UNCHECKED, self.State.CHECKED}

    @property
    def percent(self) -> int:
        return 100 * self.at // self.total if self.total else 100

    @property
    def time_left(self) -> timedelta | None:
        """At the pace so far; None when there is none yet."""
        done = self.at - self.began_from
        if not (self.began_at and self.touched_at and done > 0):
            return None
        return (self.touched_at - self.began_at) / done * (self.total - self.at)

    def begin(self, state: str) -> None:
        """Into `state` from the first row on; the counts begin anew."""
        self.at = self.created = self.updated = self.unchanged = self.refused = 0
        self.go_on(state)

    def go_on(self, state: str) -> None:
        """Into `state` from the row that it has come to."""
        self.state, self.began_at, self.began_from, self.finished_at = state, None, self.at, None
        self.tries, self.problem = 0, ""

    def stop(self) -> None:
        self.state = self.State.UNCHECKED if self.state == self.State.CHECKING else self.State.STOPPED

    def give_up(self, why: str) -> None:
        """Stop where it is; `why` is a sentence for people."""
        self.stop()
        self.problem = why[:300]

    def note(self, outcomes: list[str], now: datetime) -> None:
        """So many more rows have been looked at; the last of them ends the work."""
        self.at += len(outcomes)
        for outcome in set(outcomes):
            setattr(self, outcome, getattr(self, outcome) + outcomes.count(outcome))
        self.began_at, self.touched_at = self.began_at or now, now
        if self.at >= self.total:
            self.state = self.State.CHECKED if self.state == self.State.CHECKING else self.State.DONE
            self.finished_at = now


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
    key = models.CharField(
        max_length=254, blank=True, default="", db_default="", help_text="Of the record that was written."
    )
    outcome = models.CharField(max_length=9, choices=Outcome.choices)
    errors = models.JSONField(default=dict, help_text="Column → messages; the empty name is for the row as a whole.")
    remarks = models.TextField(blank=True, default="", db_default="", help_text="What was guessed, found or changed.")

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="imported_row_once")]

    def __str__(self) -> str:
        return f"line {self.number}"

    @property
    def complaints(self) -> list[str]:
        """The errors, each with its column."""
        return [f"{name}: {' '.join(found)}" if name else " ".join(found) for name, found in self.errors.items()]
