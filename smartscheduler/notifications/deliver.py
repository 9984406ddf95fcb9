"""Delivery of due messages, by one process at a time over one connection to the mail server."""

import random
import smtplib
import time

import structlog
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.utils import timezone

from smartscheduler.leases.services import lease
from smartscheduler.notifications.messages import written
from smartscheduler.notifications.models import Mail

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


def _next() -> Mail | None:
    return Mail.objects.due(timezone.now()).select_related("assignment__job", "assignment__contractor").first()


def _send(mail: Mail, server: BaseEmailBackend) -> bool:
    now, tried = timezone.now(), mail.attempts
    if mail.assignment.slot.end <= now or mail.assignment.contractor.is_erased:
        mail.skip()
        return _note(mail, tried)
    try:
        message = written(mail, now=now)
        server.open()
        server.send_messages([message])
    except Exception as error:  # store any error and continue with the other messages
        log.warning("mail_not_sent", mail=str(mail.pk), attempts=mail.attempts + 1, error=repr(error))
        server.close()
        mail.failed(repr(error), at=now, jitter=random.random(), for_good=_is_for_good(error))  # noqa: S311
    else:
        mail.sent(to=message.to[0], subject=str(message.subject), at=now)
    return _note(mail, tried)


@transaction.atomic
def _note(mail: Mail, tried: int) -> bool:
    """Save the result of an attempt. Returns whether the message was sent.

    Saves nothing if another process has stored an attempt after our lease expired: a message that it has sent must not
    return to the waiting state.
    """
    waiting = Mail.objects.select_for_update().filter(pk=mail.pk, state=Mail.State.WAITING, attempts=tried)
    if waiting.exists():
        mail.save()
    return mail.state == Mail.State.SENT


def _is_for_good(error: Exception) -> bool:
    """Whether the mail server rejects the address permanently (RFC 5321, section 4.2.1)."""
    return isinstance(error, smtplib.SMTPRecipientsRefused) and all(
        code >= REFUSED_FOR_GOOD for code, _ in error.recipients.values()
    )
