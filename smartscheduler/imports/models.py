"""Imported files and the results of their rows."""

import json
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from smartscheduler.core.db.text_fields import LineField

# Characters of a digest that tells two matches of a file apart.
LENGTH_OF_VERSION = 16
# Characters of the name of a saved match.
LONGEST_NAME = 80


class ImportRunQuerySet(models.QuerySet["ImportRun"]):
    def light(self) -> Self:
        """Without the content of the files, which can have megabytes."""
        return self.defer("content", "table")

    def at_work(self) -> Self:
        return self.filter(state__in=ImportRun.AT_WORK)

    def unread(self) -> Self:
        """Files that an older version has stored without reading them."""
        return self.filter(table="").exclude(content=b"")


class ImportRun(models.Model):
    """A file and its import: the match of its columns, a dry run that checks each row, then the import."""

    class Kind(models.TextChoices):
        CONTRACTORS = "contractors", _("Contractors")
        JOBS = "jobs", _("Jobs")
        CUSTOMERS = "customers", _("Customers")

    class State(models.TextChoices):
        MATCHING = "matching", _("Columns to match")
        CHECKING = "checking", _("Checking")
        UNCHECKED = "unchecked", _("Check stopped")
        CHECKED = "checked", _("Checked")
        IMPORTING = "importing", _("Importing")
        STOPPED = "stopped", _("Import stopped")
        DONE = "done", _("Done")

    AT_WORK = (State.CHECKING, State.IMPORTING)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=11, choices=Kind.choices)
    name = models.CharField(_("file"), max_length=200)
    # The cells of all sheets as text (readings.packed_reading), so that SQL can search them for personal data.
    table = models.TextField(default="", db_default="")
    # The original file, stored by older versions only; emptied after it is read.
    content = models.BinaryField(default=b"")
    encoding = models.CharField(max_length=20, blank=True, default="", db_default="")
    sheet = models.PositiveSmallIntegerField(default=0, db_default=0, help_text=_("Index of the sheet that is used."))
    heading_line = models.PositiveIntegerField(default=1, db_default=1)
    # The target of each column, in the order of the file; "" for a column that is left out.
    mapping = ArrayField(models.CharField(max_length=40, blank=True), default=list, db_default=[])
    matched_by = models.CharField(
        max_length=30, blank=True, default="", db_default="", help_text=_("What the match of the columns is based on.")
    )
    state = models.CharField(max_length=9, choices=State.choices, default=State.CHECKING)
    # Choices of the user: date_order, defaults; source, open_jobs, messages, twins (imports.importers.Context).
    # `upload`: those made at the upload, without what the match of a sheet has added.
    options = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))
    total = models.PositiveIntegerField(default=0)
    at = models.PositiveIntegerField(default=0, help_text=_("Rows processed in this state."))
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)
    # Start time and first row of the current uninterrupted work, for the estimate of the remaining time.
    began_at = models.DateTimeField(null=True)
    began_from = models.PositiveIntegerField(default=0, db_default=0)
    touched_at = models.DateTimeField(null=True, help_text=_("Time of the last processed batch."))

    turn_at = models.DateTimeField(null=True, help_text=_("Start of the latest turn of a worker."))
    leased_until = models.DateTimeField(null=True, help_text=_("Lease expiry: no other worker takes the file before."))
    tries = models.PositiveSmallIntegerField(default=0, db_default=0, help_text=_("Consecutive failed turns."))
    problem = models.CharField(
        max_length=300, blank=True, default="", db_default="", help_text=_("Why the work was given up.")
    )

    objects = ImportRunQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(
                fields=["created_at"], name="import_at_work", condition=models.Q(state__in=["checking", "importing"])
            ),
        ]
        verbose_name = _("import")
        verbose_name_plural = _("imports")

    def __str__(self) -> str:
        return self.name

    @property
    def is_at_work(self) -> bool:
        return self.state in self.AT_WORK

    @property
    def is_dry(self) -> bool:
        """Whether the run has not imported anything yet."""
        return self.state in {self.State.MATCHING, self.State.CHECKING, self.State.UNCHECKED, self.State.CHECKED}

    @property
    def may_match(self) -> bool:
        """Whether the match of the columns can be changed: before the import, and while no worker reads it."""
        return self.state in {self.State.MATCHING, self.State.UNCHECKED, self.State.CHECKED}

    @property
    def match_version(self) -> str:
        """Digest of all that the rows of the file depend on, to detect a match that has changed in the meantime."""
        parts = [self.encoding, self.sheet, self.heading_line, self.mapping, self.options]
        return sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:LENGTH_OF_VERSION]

    @property
    def percent(self) -> int:
        return 100 * self.at // self.total if self.total else 100

    @property
    def time_left(self) -> timedelta | None:
        """Estimated remaining time at the current pace; None without a pace."""
        done = self.at - self.began_from
        if not (self.began_at and self.touched_at and done > 0):
            return None
        return (self.touched_at - self.began_at) / done * (self.total - self.at)

    def begin(self, state: str) -> None:
        """Enter `state` at the first row and reset the counts."""
        self.at = self.created = self.updated = self.unchanged = self.refused = 0
        self.go_on(state)

    def go_on(self, state: str) -> None:
        """Enter `state` at the current row."""
        self.state, self.began_at, self.began_from, self.finished_at = state, None, self.at, None
        self.tries, self.problem = 0, ""

    def stop(self) -> None:
        self.state = self.State.UNCHECKED if self.state == self.State.CHECKING else self.State.STOPPED

    def give_up(self, why: str) -> None:
        """Stop the work. `why` is a sentence for the page."""
        self.stop()
        self.problem = why[:300]

    def note(self, outcomes: list[str], now: datetime) -> None:
        """Count processed rows by outcome. The last row ends the work."""
        self.at += len(outcomes)
        for outcome in set(outcomes):
            setattr(self, outcome, getattr(self, outcome) + outcomes.count(outcome))
        self.began_at, self.touched_at = self.began_at or now, now
        if self.at >= self.total:
            self.state = self.State.CHECKED if self.state == self.State.CHECKING else self.State.DONE
            self.finished_at = now


class SavedMapping(models.Model):
    """The match of columns that a user has confirmed, for the next file with the same headings.

    `name` is that of the file that it was saved for, until a user renames it. `last_used_at` is empty before the next
    file.
    """

    name = LineField(max_length=LONGEST_NAME, blank=True, default="", db_default="")
    kind = models.CharField(max_length=11, choices=ImportRun.Kind.choices)
    # SHA-256 of the headings: headings of a file without a line of headings are cells, which can name a person.
    fingerprint = models.CharField(max_length=64)
    mapping = ArrayField(models.CharField(max_length=40, blank=True))
    # Choices that belong to files with these headings: defaults and source, as in ImportRun.options.
    options = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    saved_at = models.DateTimeField(auto_now=True)
    last_used_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "fingerprint"], name="saved_mapping_once")]
        verbose_name = _("saved match of columns")
        verbose_name_plural = _("saved matches of columns")

    def __str__(self) -> str:
        return self.name or self.get_kind_display()


class ImportedRow(models.Model):
    """Result of one row: of the check, and later of the import."""

    class Outcome(models.TextChoices):
        CREATED = "created", _("New")
        UPDATED = "updated", _("Changed")
        UNCHANGED = "unchanged", _("Unchanged")
        REFUSED = "refused", _("Rejected")

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField(help_text=_("Line in the spreadsheet. The heading is line 1."))
    label = models.CharField(max_length=200, blank=True)
    key = models.CharField(
        max_length=254, blank=True, default="", db_default="", help_text=_("Key of the written record.")
    )
    outcome = models.CharField(max_length=9, choices=Outcome.choices)
    errors = models.JSONField(default=dict, help_text=_("Messages by column. The empty name: the whole row."))
    remarks = models.TextField(
        blank=True, default="", db_default="", help_text=_("What was assumed, looked up or changed.")
    )

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="imported_row_once")]

    def __str__(self) -> str:
        return gettext("line {number}").format(number=self.number)

    @property
    def complaints(self) -> list[str]:
        """The errors with their columns."""
        return self.complaints_under({})

    def complaints_under(self, titles: Mapping[str, str]) -> list[str]:
        """The errors with the headings that their columns have in the file, where `titles` has them."""
        return [
            f"{titles.get(name, name)}: {' '.join(messages)}" if name else " ".join(messages)
            for name, messages in self.errors.items()
        ]
