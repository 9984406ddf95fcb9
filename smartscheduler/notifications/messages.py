"""A mail as it goes out: text, HTML and a calendar entry, with times by the clock of the site."""

from datetime import datetime
from email.utils import parseaddr
from typing import TypeVar

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db.models import Model
from django.template.loader import render_to_string
from django.utils.duration import duration_string
from icalendar import Calendar, Event, vCalAddress, vText

from jobs.models import Job
from smartscheduler.core.db.text_fields import NotesField, ShortNotesField, StoredForm
from smartscheduler.core.formatting import local_slot
from smartscheduler.core.text import visible, visible_lines
from smartscheduler.notifications.models import Mail

R = TypeVar("R", bound=Model)

LONGEST_SUBJECT = 200


def written(mail: Mail, *, now: datetime) -> EmailMultiAlternatives:
    """The message for `mail`, about its assignment as that is now. Sent twice, it is the same message."""
    assignment = mail.assignment
    job, contractor = _readable(assignment.job), _readable(assignment.contractor)
    when = local_slot(assignment.slot, job.zone)
    context = {
        "mail": mail,
        "reason": visible_lines(mail.reason),
        "job": job,
        "contractor": contractor,
        "when": when,
        "duration": duration_string(job.duration),
        "title": mail.get_kind_display(),
    }
    subject = f"{mail.get_kind_display()}: {when} – {job.get_type_display()} in {job.city}, {job.state}"
    message = EmailMultiAlternatives(
        subject=visible(subject)[:LONGEST_SUBJECT],
        body=render_to_string("notifications/job.txt", context),
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[contractor.email],
        headers={"Message-ID": f"<{mail.pk}@{_domain()}>", "Auto-Submitted": "auto-generated"},
    )
    message.attach_alternative(render_to_string("notifications/job.html", context), "text/html")
    entry = calendar_entry(mail, now=now)
    # Without a charset: Django writes the one it encodes in, and a second one makes the header invalid.
    message.attach("job.ics", entry.to_ical().decode(), f"text/calendar; method={entry['METHOD']}")
    return message


def calendar_entry(mail: Mail, *, now: datetime) -> Calendar:
    """The booking for a calendar (RFC 5545, RFC 5546): one UID for a job of a contractor, a higher SEQUENCE each time.

    A job that went to another contractor and came back is an assignment of its own, but the same entry.
    """
    assignment, over = mail.assignment, mail.kind == Mail.Kind.CANCELLED
    job, contractor = _readable(assignment.job), _readable(assignment.contractor)
    event = Event()
    event.add("uid", f"{job.pk}.{contractor.pk}@{_domain()}")
    event.add("sequence", mail.revision)
    event.add("dtstamp", now)
    event.add("dtstart", assignment.slot.start)
    event.add("dtend", assignment.slot.end)
    event.add("summary", f"{job.get_type_display()} job {job.job_number}")
    event.add("location", f"{job.address}, {job.city}, {job.state} {job.zip_code}")
    event.add("description", _notes(job))
    event.add("status", "CANCELLED" if over else "CONFIRMED")
    event["organizer"] = vCalAddress(f"mailto:{parseaddr(settings.DEFAULT_FROM_EMAIL)[1]}")
    attendee = vCalAddress(f"mailto:{contractor.email}")
    attendee.params["CN"] = vText(contractor.name)
    event["attendee"] = attendee
    entry = Calendar()
    entry.add("prodid", "-//SmartScheduler//EN")
    entry.add("version", "2.0")
    entry.add("method", "CANCEL" if over else "REQUEST")
    entry.add_component(event)
    return entry


def _readable(record: R) -> R:
    """The record with the text that its fields take now: rows from before may hold line breaks and control characters.

    It is not to be saved.
    """
    for field in record._meta.concrete_fields:
        value = getattr(record, field.attname)
        if isinstance(field, StoredForm) and isinstance(value, str):
            several = isinstance(field, NotesField | ShortNotesField)
            setattr(record, field.attname, visible_lines(value) if several else visible(value))
    return record


def _notes(job: Job) -> str:
    customer = " ".join(filter(None, [job.customer_name, job.customer_phone]))
    return "\n".join(filter(None, [customer and f"Customer: {customer}", job.special_requirements]))


def _domain() -> str:
    """The domain of EMAIL_FROM, as headers may have it: in ASCII."""
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].partition("@")[2].encode("idna").decode()
