"""Receivers of signals of customers: a merge moves the messages too."""

from typing import Any

from django.dispatch import receiver

from customers.models import Customer
from customers.signals import merging
from smartscheduler.notifications.models import CustomerMessage


@receiver(merging, dispatch_uid="messages_of_customers")
def move_messages(*, source: Customer, target: Customer, **_: Any) -> None:
    CustomerMessage.objects.filter(customer=source).update(customer=target)
