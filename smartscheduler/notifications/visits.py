"""What the customer of a job is told about the visit: the arrival window, or the time of the booking."""

from assignments.models import Assignment
from jobs.models import Job
from smartscheduler.notifications.models import CustomerMessage
from smartscheduler.timeslots import TimeSlot


def booking_of(job: Job) -> Assignment | None:
    """The live assignment of the job."""
    return Assignment.objects.live().filter(job=job).select_related("contractor").first()


def visit_of(booking: Assignment, job: Job) -> TimeSlot:
    """The promised arrival window; without one, or if the booking breaks it, the slot of the booking."""
    return job.window if job.window and not booking.breaks_window else booking.slot


def is_window(visit: TimeSlot, job: Job) -> bool:
    """Whether the customer is told an arrival window."""
    return visit == job.window


def last_told(job: Job) -> CustomerMessage | None:
    """The last message about the visit that reached the customer."""
    sent = CustomerMessage.objects.about_visits().filter(job=job, state=CustomerMessage.State.SENT)
    return sent.order_by("-sent_at", "-created_at").first()


def kind_of_news(booking: Assignment | None, job: Job, latest: CustomerMessage | None) -> str:
    """The kind of the message that brings the customer up to date; empty if there is no news.

    `latest`: the last message about the visit that reached the customer.
    """
    kinds = CustomerMessage.Kind
    knows = latest.visit if latest and latest.kind != kinds.CANCELLED else None
    if booking is None:
        # The booking of a completed job has ended as the customer expects.
        return kinds.CANCELLED if knows and job.status != Job.Status.COMPLETED else ""
    if knows == visit_of(booking, job):
        return ""
    if booking.breaks_window:
        return kinds.WINDOW_BROKEN
    return kinds.MOVED if knows else kinds.BOOKED
