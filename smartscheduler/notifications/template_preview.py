"""Preview of a message to a customer, with the values of an example."""

from datetime import datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID

from django.utils import timezone

from customers.models import Customer
from jobs.models import Job
from smartscheduler.notifications.customer_content import write
from smartscheduler.notifications.models import CustomerMessage, MessageKind
from smartscheduler.notifications.standard_texts import Text
from smartscheduler.places import zone
from smartscheduler.timeslots import TimeSlot

EXAMPLE = UUID(int=0)


class Preview(NamedTuple):
    subject: str
    body: str


def preview(kind: str, language: str, text: Text) -> Preview:
    """The message of `kind` to an example customer, whose job has an arrival window tomorrow."""
    place, hour = zone("America/Chicago"), timedelta(hours=1)
    tomorrow = timezone.now().astimezone(place).date() + timedelta(days=1)
    starts = datetime.combine(tomorrow, time(8), place)
    job = Job(
        job_number="JOB-20261126-0A1B2C3D",
        type=Job.Type.FLOORING,
        duration=2 * hour,
        window_start=starts,
        window_end=starts + 2 * hour,
        address="100 Congress Avenue",
        city="Austin",
        state="TX",
        zip_code="78701",
        time_zone=place.key,
    )
    customer = Customer(name="Grace Hill", language=language, email="grace@example.com")
    message = CustomerMessage(kind=kind, language=language, job=job, customer=customer, assignment_id=EXAMPLE)
    # The booking of the example breaks the window if the message is about that.
    is_broken = kind == MessageKind.WINDOW_BROKEN
    message.visit = TimeSlot(starts + 4 * hour, starts + 6 * hour) if is_broken else job.window
    write(message, text)
    return Preview(message.subject, message.body)
