"""Messages to contractors: the outgoing queue and the log."""

from datetime import datetime, timedelta
from typing import NamedTuple, Self
from uuid import UUID

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from assignments.models import Assignment

MOST_ATTEMPTS = 10
LONGEST_PAUSE = timedelta(hours=1)


class Entry(NamedTuple):
    """Key of a calendar entry: job and contractor. Several assignments can share it."""

    job_id: UUID
    contractor_id: UUID

    @classmethod
    def of(cls, assignment: Assignment) -> Self:
        return cls(assignment.job_id, assignment.contractor_id)


class MailQuerySet(models.QuerySet["Mail"]):
    def due(self, now: datetime) -> Self:
        """Messages to send now, oldest first. Messages about one calendar entry keep their order."""
        earlier = Mail.objects.filter(
            assignment__job=OuterRef("assignment__job"),
            assignment__contractor=OuterRef("assignment__contractor"),
            revision__lt=OuterRef("revision"),
            state=Mail.State.WAITING,
        )
        waiting = self.filter(state=Mail.State.WAITING, due_at__lte=now)
        return waiting.exclude(Exists(earlier)).order_by("created_at", "revision")


class Mail(models.Model):
    """One message about one assignment. Its id is the id of the event that caused it."""

    class Kind(models.TextChoices):
        ASSIGNED = "assigned", _("New job")
        CHANGED = "changed", _("Changed")
        CANCELLED = "cancelled", _("Canceled")

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")
        SKIPPED = "skipped", _("Skipped, too late")
        DROPPED = "dropped", _("Dropped, change was undone")

    id = models.UUIDField(primary_key=True, editable=False)
    kind = models.CharField(max_length=9, choices=Kind.choices)
    assignment = models.ForeignKey(Assignment, on_delete=models.CASCADE, related_name="mails")
    # SEQUENCE of RFC 5545: a calendar replaces an entry by one with a higher number. It increases across all
    # assignments that share the entry.
    revision = models.PositiveIntegerField()
    reason = models.CharField(max_length=500, blank=True)
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)
    recipient = models.EmailField(blank=True, help_text=_("Address of the recipient."))
    subject = models.CharField(max_length=200, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=500, blank=True, help_text=_("Error of the last attempt."))
    created_at = models.DateTimeField(auto_now_add=True)
    due_at = models.DateTimeField(help_text=_("Earliest time of the next attempt."))
    sent_at = models.DateTimeField(null=True)

    objects = MailQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("message"), _("messages")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["assignment", "revision"], name="mail_one_a_revision"),
            models.CheckConstraint(
                condition=Q(state="sent", sent_at__isnull=False) | (~Q(state="sent") & Q(sent_at__isnull=True)),
                name="mail_sent_at_in_step",
            ),
        ]
        indexes = [
            models.Index(fields=["created_at"], name="mail_waiting", condition=Q(state="waiting")),
            models.Index(fields=["-created_at"], name="mail_by_creation"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.subject or self.id}"

    def sent(self, *, to: str, subject: str, at: datetime) -> None:
        self.state, self.recipient, self.subject, self.sent_at, self.error = Mail.State.SENT, to, subject, at, ""
        self.attempts += 1

    def skip(self) -> None:
        self.state = Mail.State.SKIPPED

    def drop(self) -> None:
        self.state = Mail.State.DROPPED

    def failed(self, error: str, *, at: datetime, jitter: float, for_good: bool = False) -> None:
        """Store the error and schedule the next attempt, with exponential backoff from seconds to one hour.

        `jitter`: 0 to 1. Gives up after MOST_ATTEMPTS, or at once if the rejection is permanent (`for_good`).
        """
        self.attempts += 1
        self.error = error[:500]
        if for_good or self.attempts >= MOST_ATTEMPTS:
            self.state = Mail.State.FAILED
        pause = min(timedelta(seconds=5 * 2**self.attempts), LONGEST_PAUSE)
        self.due_at = at + pause * (0.5 + jitter / 2)

    def send_again(self, *, at: datetime) -> None:
        self.state, self.attempts, self.due_at, self.sent_at = Mail.State.WAITING, 0, at, None
