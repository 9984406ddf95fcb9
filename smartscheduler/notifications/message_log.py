"""The log of messages to a customer, as pages show it: what was sent, what waits, and what was not sent and why."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext

from jobs.models import Job
from jobs.states import Status
from smartscheduler.accounts.models import User
from smartscheduler.accounts.visibility import redact_record
from smartscheduler.core.formatting import local_time
from smartscheduler.notifications.customer_messages import will_be_told
from smartscheduler.notifications.models import VISIT_KINDS, CustomerMessage

# Messages of one job on its page and on the board; the page of the customer has all.
MOST_LINES = 8
# Messages that were not needed, because another one says what holds.
UNNEEDED = (CustomerMessage.Reason.REPLACED, CustomerMessage.Reason.UNCHANGED)
# The backend of a product without a mail server.
PRINTING = "django.core.mail.backends.console.EmailBackend"


@dataclass(frozen=True, kw_only=True)
class Line:
    """A message: its kind and state as texts, and a sentence about when or why. Hidden texts are empty."""

    key: UUID
    kind: str
    state: str
    state_text: str
    sentence: str
    job: Job
    recipient: str
    subject: str
    body: str


@dataclass(frozen=True, kw_only=True)
class MessageLog:
    """Lines, latest first. `leaves_machine`: a mail server is set. `outlook`: whether the customer gets messages."""

    lines: list[Line]
    leaves_machine: bool
    outlook: str = ""


def log_of(messages: Iterable[CustomerMessage], reader: User, *, outlook: str = "") -> MessageLog:
    """The log as far as `reader` may see it; `job` of the messages is selected."""
    leaves_machine = settings.EMAIL_BACKEND != PRINTING
    lines = [_line(message, reader, leaves_machine=leaves_machine) for message in messages]
    return MessageLog(lines=lines, leaves_machine=leaves_machine, outlook=outlook)


def log_of_job(job: Job, reader: User) -> MessageLog:
    """The latest messages about the job, without those that were not needed. Three queries."""
    messages = CustomerMessage.objects.filter(job=job.pk).exclude(reason__in=UNNEEDED).latest_first()
    needed = _without_replaced(messages.select_related("job")[: 2 * MOST_LINES])
    return log_of(list(needed)[:MOST_LINES], reader, outlook=_outlook(job))


def _without_replaced(messages: Iterable[CustomerMessage]) -> Iterator[CustomerMessage]:
    """The messages, latest first, without those that wait about the visit and will be replaced by a later one."""
    has_news = False
    for message in messages:
        is_news = message.state == CustomerMessage.State.QUEUED and message.kind in VISIT_KINDS
        if not (is_news and has_news):
            yield message
        has_news = has_news or is_news


def _outlook(job: Job) -> str:
    if job.status in (Status.COMPLETED, Status.CANCELLED):
        return ""
    answer = will_be_told(job)
    if answer.can:
        return gettext("The customer gets emails about this job.")
    return gettext("The customer gets no emails about this job. {reason}").format(reason=answer.why_not)


def _line(message: CustomerMessage, reader: User, *, leaves_machine: bool) -> Line:
    job = message.job
    redact_record(message, reader)
    return Line(
        key=message.pk,
        kind=message.get_kind_display(),
        state=message.state,
        state_text=_state_text(message, leaves_machine=leaves_machine),
        sentence=_sentence(message),
        job=job,
        recipient=message.recipient,
        subject=message.subject,
        body=message.body,
    )


def _state_text(message: CustomerMessage, *, leaves_machine: bool) -> str:
    if message.state == CustomerMessage.State.SENT and not leaves_machine:
        return gettext("Would have been sent")
    return message.get_state_display()


def _sentence(message: CustomerMessage) -> str:
    zone, state = message.job.zone, CustomerMessage.State
    match message.state:
        case state.QUEUED if message.attempts:
            text = gettext("Attempt {number} has failed. The next one is due {when}.")
            return text.format(number=message.attempts, when=local_time(message.due_at, zone))
        case state.QUEUED:
            return gettext("Due {when}.").format(when=local_time(message.due_at, zone))
        case state.SUPPRESSED:
            return message.get_reason_display()
    moment = message.sent_at or message.created_at
    return " ".join(filter(None, [f"{local_time(moment, zone)}.", message.error]))
