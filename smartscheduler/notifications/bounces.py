"""Reports of mail providers about emails that came back, were marked as spam, or turned off by the recipient.

They arrive as webhooks, which django-anymail verifies and brings into one form (docs/customers.md). Providers that send
over SMTP use message ids of their own, so a message is found by our id, or else by its recipient.
"""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

from anymail.signals import tracking
from django.dispatch import receiver
from django.utils import timezone

from smartscheduler.notifications.models import CustomerMessage
from smartscheduler.notifications.services import opt_out, record_bounce

BOUNCES = frozenset({"bounced", "rejected", "failed"})
OPT_OUTS = frozenset({"complained", "unsubscribed"})
# A provider gives up within days.
REPORTED_WITHIN = timedelta(days=7)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@receiver(tracking, dispatch_uid="bounces")
def take_report(*, event: Any, **_: Any) -> None:
    """Record a report. One about a message that is not stored here changes nothing."""
    if event.event_type not in BOUNCES | OPT_OUTS:
        return
    message = _reported(event.message_id or "", event.recipient or "")
    if message is None:
        return
    if event.event_type in OPT_OUTS:
        opt_out(customer_id=message.customer_id)
    else:
        record_bounce(message_id=message.pk, error=event.mta_response or event.description or event.event_type)


def _reported(message_id: str, recipient: str) -> CustomerMessage | None:
    messages = CustomerMessage.objects.filter(sent_at__gt=timezone.now() - REPORTED_WITHIN)
    # The id of a provider can be a UUID too.
    own = _UUID.search(message_id[:500].lower())
    if own and (message := messages.filter(pk=UUID(own.group())).first()):
        return message
    return messages.filter(recipient__iexact=recipient[:254]).order_by("-sent_at").first() if recipient else None
