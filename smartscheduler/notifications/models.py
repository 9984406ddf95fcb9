"""Messages to contractors and to customers: the outgoing queue, the log, and the texts for customers."""

from datetime import datetime, timedelta
from typing import Any, ClassVar, NamedTuple, Self
from uuid import UUID

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from assignments.models import Assignment
from customers.models import Customer
from jobs.models import Job
from smartscheduler.core.db.text_fields import LineField, NotesField
from smartscheduler.core.models import OF_THE_RECORD, Record
from smartscheduler.history.triggers import keeps_history
from smartscheduler.timeslots import TimeSlot

MOST_ATTEMPTS = 10
LONGEST_PAUSE = timedelta(hours=1)
LONGEST_SUBJECT, LONGEST_BODY = 200, 4000


class Queued:
    """Mixin of the messages in the outgoing queue: their attempts.

    `waiting`: the state in which a message is sent when it is due.
    """

    waiting: ClassVar[str]
    state: Any
    attempts: Any
    error: Any
    due_at: Any
    sent_at: Any

    def failed(self, error: str, *, at: datetime, jitter: float, for_good: bool = False) -> None:
        """Store the error and schedule the next attempt, with exponential backoff from seconds to one hour.

        `jitter`: 0 to 1. Gives up after MOST_ATTEMPTS, or at once if the rejection is permanent (`for_good`).
        """
        self.attempts += 1
        self.error = error[:500]
        if for_good or self.attempts >= MOST_ATTEMPTS:
            self.state = "failed"
        pause = min(timedelta(seconds=5 * 2**self.attempts), LONGEST_PAUSE)
        self.due_at = at + pause * (0.5 + jitter / 2)

    def send_again(self, *, at: datetime) -> None:
        self.state, self.attempts, self.due_at, self.sent_at = self.waiting, 0, at, None


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


class Mail(Queued, models.Model):
    """One message to a contractor about one assignment. Its id is the id of the event that caused it."""

    waiting = "waiting"

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


class MessageKind(models.TextChoices):
    """What a message to a customer says."""

    BOOKED = "booked", _("Booked")
    MOVED = "moved", _("Moved")
    CANCELLED = "cancelled", _("Canceled")
    REMINDER = "reminder", _("Reminder")
    DONE = "done", _("Done")
    WINDOW_BROKEN = "window_broken", _("Arrival window not kept")


# These say when the contractor comes. Only the latest one of a job is sent.
VISIT_KINDS = frozenset(MessageKind.values) - {MessageKind.REMINDER, MessageKind.DONE}


@keeps_history(exclude=OF_THE_RECORD)
class MessageTemplate(Record):
    """The text of a kind of message to customers in one language; empty: the standard text (standard_texts)."""

    kind = models.CharField(_("kind"), max_length=13, choices=MessageKind.choices, editable=False)
    language = models.CharField(_("language"), max_length=2, choices=Customer.Language.choices, editable=False)
    is_enabled = models.BooleanField(
        _("send these messages"), default=True, help_text=_("Customers get no messages of a kind that is turned off.")
    )
    subject = LineField(_("subject"), max_length=LONGEST_SUBJECT, blank=True)
    body = NotesField(_("text"), max_length=LONGEST_BODY, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("message template"), _("message templates")
        ordering = ["kind", "language"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=MessageKind.values), name="message_template_kind_known"),
            models.CheckConstraint(condition=Q(language__in=["en", "es"]), name="message_template_language_known"),
            models.UniqueConstraint(fields=["kind", "language"], name="message_template_once"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.get_language_display()}"


class CustomerMessageQuerySet(models.QuerySet["CustomerMessage"]):
    def queued(self) -> Self:
        return self.filter(state=CustomerMessage.State.QUEUED)

    def due(self, now: datetime) -> Self:
        """Messages to send now, those that have waited longest first."""
        return self.queued().filter(due_at__lte=now).order_by("due_at", "created_at", "id")

    def about_visits(self) -> Self:
        """Messages that say when the contractor comes."""
        return self.filter(kind__in=VISIT_KINDS)

    def latest_first(self) -> Self:
        return self.order_by("-created_at", "-id")


class CustomerMessage(Queued, models.Model):
    """One message to a customer about one job, or the reason why none was sent.

    Its id is the id of the event that caused it; a reminder has an id made of the assignment and the time.
    """

    Kind = MessageKind
    waiting = "queued"

    class State(models.TextChoices):
        QUEUED = "queued", _("Queued")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")
        BOUNCED = "bounced", _("Bounced")
        SUPPRESSED = "suppressed", _("Not sent")

    class Reason(models.TextChoices):
        """Why a message is not sent."""

        NO_CUSTOMER = "no_customer", _("The job has no customer.")
        NO_EMAIL = "no_email", _("The customer has no email address.")
        OPTED_OUT = "opted_out", _("The customer does not want emails.")
        ADDRESS_BOUNCED = "address_bounced", _("Emails to the customer's address come back.")
        TURNED_OFF = "turned_off", _("Messages of this kind are turned off.")
        REPLACED = "replaced", _("A later message was sent instead.")
        UNCHANGED = "unchanged", _("The customer already knows what holds now.")
        TOO_LATE = "too_late", _("It was too late to tell the customer.")
        ALREADY_RATED = "already_rated", _("The work is already rated.")

    id = models.UUIDField(primary_key=True, editable=False)
    kind = models.CharField(_("kind"), max_length=13, choices=MessageKind.choices)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.QUEUED)
    reason = models.CharField(_("reason"), max_length=15, choices=Reason.choices, blank=True)
    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="messages"
    )
    job = models.ForeignKey(Job, verbose_name=_("job"), on_delete=models.CASCADE, related_name="messages")
    assignment = models.ForeignKey(
        Assignment, verbose_name=_("assignment"), on_delete=models.CASCADE, related_name="messages", null=True
    )
    language = models.CharField(_("language"), max_length=2, choices=Customer.Language.choices)
    recipient = models.EmailField(_("recipient"), blank=True)
    subject = models.CharField(_("subject"), max_length=LONGEST_SUBJECT, blank=True)
    body = models.TextField(_("text"), blank=True)
    # What the customer is told: the arrival window, or the start of the booking and its end; for a cancellation, the
    # time that no longer holds.
    visit_start = models.DateTimeField(_("start of the visit"), null=True)
    visit_end = models.DateTimeField(_("end of the visit"), null=True)
    # SEQUENCE of RFC 5545 in the calendar entry of the job.
    revision = models.PositiveIntegerField(_("revision"), null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=500, blank=True, help_text=_("Error of the last attempt."))
    created_at = models.DateTimeField(auto_now_add=True)
    due_at = models.DateTimeField(help_text=_("Earliest time of the next attempt."))
    sent_at = models.DateTimeField(null=True)

    objects = CustomerMessageQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("message to a customer"), _("messages to customers")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=MessageKind.values), name="customer_message_kind_known"),
            models.CheckConstraint(
                condition=Q(state__in=["queued", "sent", "failed", "bounced", "suppressed"]),
                name="customer_message_state_known",
            ),
            models.CheckConstraint(
                condition=Q(state="suppressed") & ~Q(reason="") | ~Q(state="suppressed") & Q(reason=""),
                name="customer_message_reason_in_step",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["sent", "bounced"], sent_at__isnull=False)
                | (~Q(state__in=["sent", "bounced"]) & Q(sent_at__isnull=True)),
                name="customer_message_sent_at_in_step",
            ),
            models.CheckConstraint(
                condition=Q(visit_start__isnull=True, visit_end__isnull=True) | Q(visit_end__gte=F("visit_start")),
                name="customer_message_visit_in_order",
            ),
            models.UniqueConstraint(
                fields=["assignment", "visit_start"], condition=Q(kind="reminder"), name="customer_message_one_reminder"
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="customer_message_queued", condition=Q(state="queued")),
            models.Index(fields=["-created_at", "-id"], name="customer_message_by_creation"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.job}"

    @property
    def visit(self) -> TimeSlot | None:
        if self.visit_start is None or self.visit_end is None:
            return None
        return TimeSlot(self.visit_start, self.visit_end)

    @visit.setter
    def visit(self, visit: TimeSlot | None) -> None:
        self.visit_start, self.visit_end = visit or (None, None)

    def sent(self, *, to: str, subject: str, at: datetime) -> None:
        self.state, self.recipient, self.subject, self.sent_at, self.error = self.State.SENT, to, subject, at, ""
        self.attempts += 1

    def suppress(self, reason: str) -> None:
        self.state, self.reason = self.State.SUPPRESSED, reason

    def bounced(self, error: str) -> None:
        self.state, self.error = self.State.BOUNCED, error[:500]
