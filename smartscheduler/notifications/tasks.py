"""Celery task of messages."""

from celery import shared_task

from smartscheduler.notifications.customer_queue import queue_reminders
from smartscheduler.notifications.deliver import send_due_mails
from smartscheduler.notifications.enqueue import collect_mails


@shared_task(name="notifications.send_mails", ignore_result=True)
def send_mails() -> None:
    """Create messages for the latest events and send those that are due. Runs every few seconds."""
    while collect_mails():
        pass
    send_due_mails()


@shared_task(name="notifications.queue_reminders", ignore_result=True)
def queue_customer_reminders() -> None:
    """Queue the reminders of the visits of tomorrow. Runs every few minutes."""
    queue_reminders()
