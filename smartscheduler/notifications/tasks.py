"""What the worker does for mails."""

from celery import shared_task

from smartscheduler.notifications.deliver import send_due_mails
from smartscheduler.notifications.enqueue import collect_mails


@shared_task(name="notifications.send_mails", ignore_result=True)
def send_mails() -> None:
    """Note which mails the latest events cause, and send those that are due; runs every few seconds."""
    while collect_mails():
        pass
    send_due_mails()
