"""Delivery of due messages, by one process at a time over one connection to the mail server."""

import random
import smtplib
import time
from datetime import datetime

import structlog
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.utils import timezone

from smartscheduler.core.observability.metrics.definitions import MESSAGES
from smartscheduler.events.publishing import publish
from smartscheduler.leases.services import lease
from smartscheduler.notifications import customer_messages
from smartscheduler.notifications.events import MessageSent
from smartscheduler.notifications.messages import written
from smartscheduler.notifications.models import CustomerMessage, Mail

LEASE = "mails"
# A worker must not wait for a slow mail server for long. The next run continues.
LONGEST_RUN_SECONDS = 20.0
REFUSED_FOR_GOOD = 500

log = structlog.get_logger(__name__)


def send_due_mails() -> int:
    """Send due messages, oldest first. Returns the number sent, 0 while another process is sending.

    Delivery is at least once: if a process dies after the mail server has accepted a message and before that is stored,
    the same message is sent again with the same Message-ID. Other processes continue when its lease expires.
    """
    sent, began = 0, time.monotonic()
    with lease(LEASE) as holder:
        server = get_connection()
        while holder.renew() and time.monotonic() - began < LONGEST_RUN_SECONDS:
            mail = _next()
            if mail is None:
                break
            sent += _send(mail, server)
        server.close()
    return sent


def _next() -> Mail | CustomerMessage | None:
    """The message that has been due for longest, to a contractor or to a customer."""
    now = timezone.now()
    mail = Mail.objects.due(now).select_related("assignment__job", "assignment__contractor").first()
    message = CustomerMessage.objects.due(now).select_related("job__customer", "customer", "assignment").first()
    if mail and message:
        return mail if mail.due_at <= message.due_at else message
    return mail or message


def _send(queued: Mail | CustomerMessage, server: BaseEmailBackend) -> bool:
    now, tried = timezone.now(), queued.attempts
    try:
        email = _email(queued, now)
        if email is None:
            return _note(queued, tried)
        server.open()
        server.send_messages([email])
    except Exception as error:  # store any error and continue with the other messages
        log.warning("mail_not_sent", mail=str(queued.pk), attempts=queued.attempts + 1, error=repr(error))
        server.close()
        queued.failed(repr(error), at=now, jitter=random.random(), for_good=_is_for_good(error))  # noqa: S311
    else:
        queued.sent(to=email.to[0], subject=str(email.subject), at=now)
    return _note(queued, tried)


def _email(queued: Mail | CustomerMessage, now: datetime) -> EmailMultiAlternatives | None:
    """The email with what holds now; None if there is nothing to send now, as the state of the message says."""
    if isinstance(queued, CustomerMessage):
        return customer_messages.prepared(queued, now=now)
    if queued.assignment.slot.end <= now or queued.assignment.contractor.is_erased:
        queued.skip()
        return None
    return written(queued, now=now)


@transaction.atomic
def _note(queued: Mail | CustomerMessage, tried: int) -> bool:
    """Save the result of an attempt. Returns whether the message was sent.

    Saves nothing if another process has stored an attempt after our lease expired: a message that it has sent must not
    return to the waiting state.
    """
    rows = type(queued)._base_manager.select_for_update()
    if rows.filter(pk=queued.pk, state=queued.waiting, attempts=tried).exists():
        queued.save()
        if isinstance(queued, CustomerMessage) and queued.state != queued.waiting:
            MESSAGES.add(queued.kind, queued.state)
            if queued.state == CustomerMessage.State.SENT:
                publish(MessageSent.of(queued), actor=None)
    return queued.state == "sent"


def _is_for_good(error: Exception) -> bool:
    """Whether the mail server rejects the address permanently (RFC 5321, section 4.2.1)."""
    return isinstance(error, smtplib.SMTPRecipientsRefused) and all(
        code >= REFUSED_FOR_GOOD for code, _ in error.recipients.values()
    )
