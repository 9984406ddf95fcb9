"""Services that change templates and messages to customers, and what customers want to get."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext

from customers.models import Customer
from customers.services import update_customer
from smartscheduler.accounts.models import User
from smartscheduler.core.db.transactions import domain_transaction
from smartscheduler.errors import InvalidInput
from smartscheduler.notifications.models import CustomerMessage, Mail, MessageTemplate
from smartscheduler.notifications.standard_texts import standard_text
from smartscheduler.notifications.template_text import check_text

TEXTS = ("subject", "body")


@domain_transaction
def update_template(
    *, template_id: UUID, actor: User | None, based_on: int | None = None, **changes: Any
) -> MessageTemplate:
    """Change `is_enabled`, `subject` and `body` of a template. `based_on`: the version that the user edited.

    A text that equals the standard text is not stored, so that a better standard text of a later release applies.
    Raises InvalidInput (by field, or if another user has changed the template), MessageTemplate.DoesNotExist.
    """
    template = MessageTemplate.objects.select_for_update(no_key=True).get(pk=template_id)
    if based_on not in {None, template.version}:
        raise InvalidInput(
            gettext(
                "Another user changed this text after you opened it, so yours was not saved."
                " Copy it, and reload the page."
            )
        )
    standard = standard_text(template.kind, template.language)
    for name, value in changes.items():
        setattr(template, name, value)
    template.clean_fields()
    for name in TEXTS:
        check_text(template.kind, name, getattr(template, name))
        if getattr(template, name) == getattr(standard, name):
            setattr(template, name, "")
    template.save()
    return template


@domain_transaction
def opt_out(*, customer_id: UUID) -> Customer:
    """Turn off emails to the customer, or to the one that this record was merged into. Raises Customer.DoesNotExist."""
    customer = Customer.objects.select_related("merged_into").get(pk=customer_id)
    target = customer.merged_into or customer
    return update_customer(customer_id=target.pk, actor=None, accepts_emails=False)


@domain_transaction
def record_bounce(*, message_id: UUID, error: str) -> CustomerMessage:
    """Record that a sent message came back, and send no more emails to this address of the customer.

    A report about an address that the customer no longer has, or a repeated one, changes nothing about the customer.
    Raises CustomerMessage.DoesNotExist.
    """
    unlocked = CustomerMessage.objects.only("customer_id").get(pk=message_id)
    customer = Customer.objects.locked().get(pk=unlocked.customer_id)
    message = CustomerMessage.objects.select_for_update().get(pk=message_id)
    if message.state == CustomerMessage.State.SENT:
        message.bounced(error)
        message.save(update_fields=["state", "error"])
    if customer.email and customer.email.lower() == message.recipient.lower() and not customer.email_bounced:
        customer.email_bounced = True
        customer.save(update_fields=["email_bounced"])
    return message


@domain_transaction
def send_mail_again(*, mail_id: UUID, actor: User | None) -> Mail:
    """Queue a failed email to a contractor again. Raises InvalidInput for any other state, Mail.DoesNotExist."""
    mail = Mail.objects.select_for_update().get(pk=mail_id)
    if mail.state != Mail.State.FAILED:
        raise InvalidInput(gettext("Only a message that has failed can be sent again."))
    mail.send_again(at=timezone.now())
    mail.save()
    return mail


@domain_transaction
def send_again(*, message_id: UUID, actor: User | None) -> CustomerMessage:
    """Queue a failed message again. Raises InvalidInput for any other state, CustomerMessage.DoesNotExist."""
    message = CustomerMessage.objects.select_for_update().get(pk=message_id)
    if message.state != CustomerMessage.State.FAILED:
        raise InvalidInput(gettext("Only a message that has failed can be sent again."))
    message.send_again(at=timezone.now())
    message.save()
    return message
