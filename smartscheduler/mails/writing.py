"""A mail as it goes out: text, HTML and a calendar entry, with times by the clock of the site."""

from datetime import datetime
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils.duration import duration_string
from icalendar import Calendar, Event, vCalAddress, vText

from assignments.models import Assignment
from smartscheduler.backoffice.display import local_slot
from smartscheduler.mails.models import Mail

LONGEST_SUBJECT = 200


def written(mail: Mail, *, now: datetime) -> EmailMultiAlternatives:
    """The message for `mail`, about its assignment as that is now. Sent twice, it is the same message."""
    assignment = mail.assignment
    job, contractor = assignment.job, assignment.contractor
    when = local_slot(assignment.slot, job.zone)
    context = {
        "mail": mail,
        "job": job,
        "contractor": contractor,
        "when": when,
        "duration": duration_string(job.duration),
        "title": mail.get_kind_display(),
    }
    subject = f"{mail.get_kind_display()}: {when} – {job.get_type_display()} in {job.city}, {job.state}"
    message = EmailMultiAlternatives(
        subject=" ".join(subject.split())[:LONGEST_SUBJECT],
        body=render_to_string("mails/job.txt", context),
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[contractor.email],
        headers={"Message-ID": f"<{mail.pk}@{_domain()}>", "Auto-Submitted": "auto-generated"},
    )
    message.attach_alternative(render_to_string("mails/job.html", context), "text/html")
    entry = calendar_entry(mail, now=now)
    # Without a charset: Django writes the one it encodes in, and a second one makes the header invalid.
    message.attach("job.ics", entry.to_ical().decode(), f"text/calendar; method={entry['METHOD']}")
    return message


def calendar_entry(mail: Mail, *, now: datetime) -> Calendar:
    """The booking for a calendar (RFC 5545, RFC 5546): one UID an assignment, a higher SEQUENCE each time."""
    assignment, over = mail.assignment, mail.kind == Mail.Kind.CANCELLED
    job = assignment.job
    event = Event()
    event.add("uid", f"{assignment.pk}@{_domain()}")
    event.add("sequence", mail.revision)
    event.add("dtstamp", now)
    event.add("dtstart", assignment.slot.start)
    event.add("dtend", assignment.slot.end)
    event.add("summary", f"{job.get_type_display()} job {job.job_number}")
    event.add("location", f"{job.address}, {job.city}, {job.state} {job.zip_code}")
    event.add("description", _notes(assignment))
    event.add("status", "CANCELLED" if over else "CONFIRMED")
    event["organizer"] = vCalAddress(f"mailto:{parseaddr(settings.DEFAULT_FROM_EMAIL)[1]}")
    attendee = vCalAddress(f"mailto:{assignment.contractor.email}")
    attendee.params["CN"] = vText(assignment.contractor.name)
    event["attendee"] = attendee
    entry = Calendar()
    entry.add("prodid", "-//SmartScheduler//EN")
    entry.add("version", "2.0")
    entry.add("method", "CANCEL" if over else "REQUEST")
    entry.add_component(event)
    return entry


def _notes(assignment: Assignment) -> str:
    job = assignment.job
    customer = " ".join(filter(None, [job.customer_name, job.customer_phone]))
    return "\n".join(filter(None, [customer and f"Customer: {customer}", job.special_requirements]))


def _domain() -> str:
    """The domain of EMAIL_FROM, as headers may have it: in ASCII."""
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].partition("@")[2].encode("idna").decode()
