"""Helpers for tests of messages to customers."""

from datetime import datetime
from typing import Any

import time_machine
from django.core import mail as outbox
from django.core.mail import EmailMultiAlternatives

from assignments.models import Assignment
from assignments.services import assign_job
from customers import services
from customers.models import Customer
from jobs.models import Job
from smartscheduler.notifications.models import CustomerMessage
from smartscheduler.notifications.tasks import queue_customer_reminders, send_mails
from tests.events.numbers import number_events
from tests.factories import ContractorFactory, JobFactory, at

EMAIL = "grace@example.com"


def customer(**values: Any) -> Customer:
    return services.create_customer(actor=None, **{"name": "Grace Hill", "email": EMAIL} | values)


def job(person: Customer, *, window: tuple[int, int] | None = (8, 10), **values: Any) -> Job:
    """A job of the customer in two days, with an arrival window between two hours."""
    ends = {} if window is None else {"window_start": at(window[0], days=2), "window_end": at(window[1], days=2)}
    made = JobFactory(customer=person, **ends | values)
    made.refresh_from_db()
    return made


def book(work: Job, start: datetime | None = None, **values: Any) -> Assignment:
    return assign_job(
        job_id=work.pk, contractor_id=ContractorFactory().pk, start=start or at(9, days=2), actor=None, **values
    )


def deliver(clock: time_machine.Traveller, seconds: float = 100) -> list[EmailMultiAlternatives]:
    """What customers get when the worker reads the events, and sends what is due after so many seconds."""
    number_events()
    before = len(outbox.outbox)
    send_mails()
    clock.shift(seconds)
    queue_customer_reminders()
    send_mails()
    sent = outbox.outbox[before:]
    return [email for email in sent if isinstance(email, EmailMultiAlternatives) and "contractor" not in email.to[0]]


def states() -> list[tuple[str, str, str]]:
    rows = CustomerMessage.objects.order_by("created_at", "id")
    return [(message.kind, message.state, message.reason) for message in rows]
