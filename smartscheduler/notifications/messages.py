"""Content of a message: text, HTML and a calendar entry, with local times of the site."""

from datetime import datetime
from typing import TypeVar

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db.models import Model
from django.template.loader import render_to_string
from django.utils.translation import gettext
from icalendar import Calendar, Event, vCalAddress, vText

from jobs.models import Job
from smartscheduler.core.db.text_fields import NotesField, ShortNotesField, StoredForm
from smartscheduler.core.formatting import hours_and_minutes, local_slot
from smartscheduler.core.text import visible, visible_lines
from smartscheduler.notifications.models import LONGEST_SUBJECT, Mail
from smartscheduler.notifications.sender import sender_address, sender_domain

R = TypeVar("R", bound=Model)


def written(mail: Mail, *, now: datetime) -> EmailMultiAlternatives:
    """Render a message with the current state of its assignment. A repeated rendering has the same Message-ID."""
    assignment = mail.assignment
    job, contractor = _readable(assignment.job), _readable(assignment.contractor)
    when = local_slot(assignment.slot, job.zone)
    context = {
        "mail": mail,
        "reason": visible_lines(mail.reason),
        "job": job,
        "contractor": contractor,
        "when": when,
        "window": local_slot(job.window, job.zone) if job.window and mail.kind != Mail.Kind.CANCELLED else "",
        "duration": hours_and_minutes(job.duration),
        "title": mail.get_kind_display(),
    }
    subject = gettext("{kind}: {when} – {type} in {city}, {state}").format(
        kind=mail.get_kind_display(), when=when, type=job.get_type_display(), city=job.city, state=job.state
    )
    message = EmailMultiAlternatives(
        subject=visible(subject)[:LONGEST_SUBJECT],
        body=render_to_string("notifications/job.txt", context),
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[contractor.email],
        headers={"Message-ID": f"<{mail.pk}@{sender_domain()}>", "Auto-Submitted": "auto-generated"},
    )
    message.attach_alternative(render_to_string("notifications/job.html", context), "text/html")
    entry = calendar_entry(mail, now=now)
    # No charset here: Django adds one, and a second one would make the header invalid.
    message.attach("job.ics", entry.to_ical().decode(), f"text/calendar; method={entry['METHOD']}")
    return message


def calendar_entry(mail: Mail, *, now: datetime) -> Calendar:
    """Calendar entry of the booking (RFC 5545, RFC 5546), with one UID per job and contractor and a rising SEQUENCE.

    If a job is reassigned and later returns to the contractor, the new assignment uses the same entry.
    """
    assignment, over = mail.assignment, mail.kind == Mail.Kind.CANCELLED
    job, contractor = _readable(assignment.job), _readable(assignment.contractor)
    event = Event()
    event.add("uid", f"{job.pk}.{contractor.pk}@{sender_domain()}")
    event.add("sequence", mail.revision)
    event.add("dtstamp", now)
    event.add("dtstart", assignment.slot.start)
    event.add("dtend", assignment.slot.end)
    event.add("summary", gettext("{type} job {number}").format(type=job.get_type_display(), number=job.job_number))
    event.add("location", f"{job.address}, {job.city}, {job.state} {job.zip_code}")
    event.add("description", _notes(job))
    event.add("status", "CANCELLED" if over else "CONFIRMED")
    event["organizer"] = vCalAddress(f"mailto:{sender_address()}")
    attendee = vCalAddress(f"mailto:{contractor.email}")
    # RFC 5545 section 3.2 has no escape for a backslash in a parameter, but calendars read one and lose the address.
    attendee.params["CN"] = vText(contractor.name.replace("\\", "/"))
    event["attendee"] = attendee
    entry = Calendar()
    entry.add("prodid", "-//SmartScheduler//EN")
    entry.add("version", "2.0")
    entry.add("method", "CANCEL" if over else "REQUEST")
    entry.add_component(event)
    return entry


def _readable(record: R) -> R:
    """Normalize the texts of a record in place: old rows can contain line breaks and control characters.

    The record must not be saved.
    """
    for field in record._meta.concrete_fields:
        value = getattr(record, field.attname)
        if isinstance(field, StoredForm) and isinstance(value, str):
            several = isinstance(field, NotesField | ShortNotesField)
            setattr(record, field.attname, visible_lines(value) if several else visible(value))
    return record


def _notes(job: Job) -> str:
    customer = " ".join(filter(None, [job.customer_name, job.customer_phone]))
    line = gettext("Customer: {customer}").format(customer=customer) if customer else ""
    return "\n".join(filter(None, [line, job.special_requirements]))
