"""Whether a customer is told, and what: decided when a page asks, when a message is queued, and when it is sent."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple, TypeAlias

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db.models import Max
from django.utils import timezone

from assignments.models import Assignment
from contractors.models import Rating
from customers.models import Customer
from jobs.models import Job
from smartscheduler.core.text import LazyText
from smartscheduler.notifications.customer_content import email_of, text_of, write
from smartscheduler.notifications.models import VISIT_KINDS, CustomerMessage, MessageKind, MessageTemplate
from smartscheduler.notifications.visits import booking_of, kind_of_news, last_told, visit_of

Reason = CustomerMessage.Reason
# By kind and language.
Templates: TypeAlias = Mapping[tuple[str, str], MessageTemplate]
# A customer is asked about work of the last days only, for example after an outage.
ASKED_WITHIN = timedelta(days=7)


class Told(NamedTuple):
    """Whether the customer of a job can be told, and otherwise why not, as a sentence and as a code.

    `due_at`: when a message about a change that is made now is sent.
    """

    can: bool
    why_not: LazyText
    reason: str = ""
    due_at: datetime | None = None


def will_be_told(job: Job, kind: str = MessageKind.WINDOW_BROKEN) -> Told:
    """Whether the customer gets a message of this kind about the job. Two queries."""
    if reason := obstacle(job.customer, kind, templates()):
        return Told(False, Reason(reason).label, reason)
    return Told(True, "", due_at=due_time(timezone.now() + settings.MAIL_DELAY, job))


def templates() -> Templates:
    return {(template.kind, template.language): template for template in MessageTemplate.objects.all()}


def obstacle(customer: Customer | None, kind: str, texts: Templates) -> str:
    """The reason why this customer gets no message of this kind; empty if there is none."""
    if customer is None:
        return Reason.NO_CUSTOMER
    if not customer.email:
        return Reason.NO_EMAIL
    if not customer.accepts_emails:
        return Reason.OPTED_OUT
    if customer.email_bounced:
        return Reason.ADDRESS_BOUNCED
    template = texts.get((kind, customer.language))
    return Reason.TURNED_OFF if template and not template.is_enabled else ""


def due_time(moment: datetime, job: Job) -> datetime:
    """The first moment of the waking hours at the site that is not before `moment`."""
    return settings.MESSAGE_HOURS.first(moment, job.zone)


def fill(message: CustomerMessage, booking: Assignment | None, texts: Templates) -> None:
    """Fill kind, time, recipient and text of a message with what holds now. `booking`: the live one of its job."""
    if message.kind in VISIT_KINDS:
        latest = last_told(message.job)
        message.kind = kind_of_news(booking, message.job, latest) or message.kind
        message.visit = visit_of(booking, message.job) if booking else latest.visit if latest else None
    if message.visit or message.kind == MessageKind.DONE:
        template = texts.get((message.kind, message.language))
        message.recipient = message.customer.email
        write(message, text_of(template, message.kind, message.language))


def prepared(message: CustomerMessage, *, now: datetime) -> EmailMultiAlternatives | None:
    """The email of a due message, which is filled with what holds now; None if it is suppressed or postponed.

    Saves nothing.
    """
    job, texts = message.job, templates()
    if job.customer:
        # The customer of the job can have been corrected since the message was queued.
        message.customer, message.language = job.customer, job.customer.language
    booking = booking_of(job)
    if reason := _needless(message, booking, now):
        message.suppress(reason)
        return None
    fill(message, booking, texts)
    if reason := obstacle(job.customer, message.kind, texts):
        message.suppress(reason)
        return None
    if (awake := due_time(now, job)) > now:
        message.due_at = awake
        return None
    if message.kind in VISIT_KINDS:
        message.assignment = booking or message.assignment
        message.revision = _next_revision(job) if message.revision is None else message.revision
    return email_of(message, now=now)


def _needless(message: CustomerMessage, booking: Assignment | None, now: datetime) -> str:
    """The reason why there is nothing to say any more; empty if there is something."""
    if message.kind == MessageKind.DONE:
        return _needless_question(message, now)
    if message.kind == MessageKind.REMINDER:
        return _needless_reminder(message, booking, now)
    return _needless_news(message, booking, now)


def _needless_question(message: CustomerMessage, now: datetime) -> str:
    completed_at = message.job.completed_at
    if completed_at is None or completed_at < now - ASKED_WITHIN:
        return Reason.TOO_LATE
    return Reason.ALREADY_RATED if Rating.objects.filter(job_id=message.job_id).exists() else ""


def _needless_reminder(message: CustomerMessage, booking: Assignment | None, now: datetime) -> str:
    if booking is None or message.assignment_id != booking.pk or message.visit != visit_of(booking, message.job):
        return Reason.REPLACED
    return Reason.TOO_LATE if booking.slot.start <= now else ""


def _needless_news(message: CustomerMessage, booking: Assignment | None, now: datetime) -> str:
    """The latest message about a visit says what holds now, so that the earlier ones are not needed."""
    queued = CustomerMessage.objects.about_visits().queued().filter(job=message.job_id)
    if queued.filter(created_at__gt=message.created_at).exclude(pk=message.pk).exists():
        return Reason.REPLACED
    latest = last_told(message.job)
    if not kind_of_news(booking, message.job, latest):
        return Reason.UNCHANGED
    over = booking.slot.start if booking else latest.visit_end if latest else None
    return Reason.TOO_LATE if over is None or over <= now else ""


def _next_revision(job: Job) -> int:
    """The next revision of the calendar entry. Safe without a lock: one process at a time sends messages."""
    latest = CustomerMessage.objects.filter(job=job).aggregate(latest=Max("revision"))["latest"]
    return 0 if latest is None else latest + 1
