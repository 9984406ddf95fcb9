"""Content of a message to a customer: text, HTML, calendar entry, and the headers that let mail programs opt out."""

from datetime import datetime, tzinfo

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from icalendar import Calendar, Event, vCalAddress

from smartscheduler.core.formatting import day_in, hours_and_minutes, time_in, zone_name
from smartscheduler.core.text import visible, visible_lines
from smartscheduler.notifications.models import (
    LONGEST_SUBJECT,
    VISIT_KINDS,
    CustomerMessage,
    MessageKind,
    MessageTemplate,
)
from smartscheduler.notifications.opt_out_links import opt_out_path
from smartscheduler.notifications.public_url import absolute
from smartscheduler.notifications.rating_links import rating_path
from smartscheduler.notifications.sender import sender_address, sender_domain, sender_name
from smartscheduler.notifications.standard_texts import FOOTER, NAMELESS, WORK, Text, standard_text
from smartscheduler.notifications.template_text import filled
from smartscheduler.timeslots import TimeSlot


def text_of(template: MessageTemplate | None, kind: str, language: str) -> Text:
    """The text of the template, or the standard text where the template has none."""
    standard = standard_text(kind, language)
    if template is None:
        return standard
    return Text(template.subject or standard.subject, template.body or standard.body)


def write(message: CustomerMessage, text: Text) -> None:
    """Fill subject and body of the message from the present state of its job."""
    values = values_of(message)
    message.subject = visible(filled(text.subject, values))[:LONGEST_SUBJECT]
    message.body = visible_lines(filled(text.body, values))


def values_of(message: CustomerMessage) -> dict[str, str]:
    """The values of the placeholders. `visit` must be set for a message that has `when`."""
    job, customer, language = message.job, message.customer, message.language
    values = {
        "customer": customer.contact_name or NAMELESS[language],
        "work": WORK[language][job.type],
        "address": f"{job.address}, {job.city}, {job.state} {job.zip_code}",
        "duration": hours_and_minutes(job.duration),
        "job_number": job.job_number,
        "sender": sender_name(),
    }
    if visit := message.visit:
        values["when"] = when(visit, job.zone, language, is_window=visit == job.window)
    if job.window:
        values["promised"] = when(job.window, job.zone, language, is_window=True)
    if message.kind == MessageKind.DONE and message.assignment_id:
        values["rating_link"] = absolute(rating_path(message.assignment_id))
    return {name: visible(value) for name, value in values.items()}


def when(visit: TimeSlot, zone: tzinfo, language: str, *, is_window: bool) -> str:
    """The day and the arrival window, or the start: `Tuesday, December 1, between 8:00 AM and 10:00 AM CST`."""
    day = day_in(language, visit.start.astimezone(zone))
    first, last = (f"{time_in(language, moment, zone)}" for moment in visit)
    start_zone, end_zone = (zone_name(moment, zone) for moment in visit)
    if is_window and start_zone != end_zone:
        first = f"{first} {start_zone}"
    if language == "es":
        if is_window:
            return f"{day}, entre {_article(visit.start, zone)} {first} y {_article(visit.end, zone)} {last} {end_zone}"
        return f"{day}, a {_article(visit.start, zone)} {first} {start_zone}"
    return f"{day}, between {first} and {last} {end_zone}" if is_window else f"{day} at {first} {start_zone}"


def _article(moment: datetime, zone: tzinfo) -> str:
    """`la` before one o'clock, `las` before the other hours."""
    return "la" if moment.astimezone(zone).hour % 12 == 1 else "las"


def email_of(message: CustomerMessage, *, now: datetime) -> EmailMultiAlternatives:
    """The email of a written message. A repeated email has the same Message-ID."""
    link = absolute(opt_out_path(message.customer_id))
    footer = FOOTER[message.language].format(link=link)
    email = EmailMultiAlternatives(
        subject=message.subject,
        body=f"{message.body}\n\n-- \n{footer}\n",
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[message.recipient],
        headers=_headers(message, link),
    )
    context = {"message": message, "footer": FOOTER[message.language].partition(": ")[0], "link": link}
    email.attach_alternative(render_to_string("notifications/customer.html", context), "text/html")
    if message.kind in VISIT_KINDS:
        entry = calendar_entry(message, now=now)
        # No charset here: Django adds one, and a second one would make the header invalid.
        email.attach("visit.ics", entry.to_ical().decode(), f"text/calendar; method={entry['METHOD']}")
    return email


def _headers(message: CustomerMessage, link: str) -> dict[str, str]:
    return {
        "Message-ID": f"<{message.pk}@{sender_domain()}>",
        "Auto-Submitted": "auto-generated",
        "Content-Language": message.language,
        # RFC 2369 and RFC 8058: mail programs show a button that sends a POST to this address.
        "List-Unsubscribe": f"<{link}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def calendar_entry(message: CustomerMessage, *, now: datetime) -> Calendar:
    """Calendar entry of the visit (RFC 5545, RFC 5546), with one UID per job and a rising SEQUENCE."""
    job, is_over = message.job, message.kind == MessageKind.CANCELLED
    assert message.visit, "a message about a visit has its time"  # noqa: S101
    event = Event()
    event.add("uid", f"{job.pk}@{sender_domain()}")
    event.add("sequence", message.revision or 0)
    event.add("dtstamp", now)
    event.add("dtstart", message.visit.start)
    event.add("dtend", message.visit.end)
    event.add("summary", visible(f"{sender_name()}: {job.job_number}"))
    event.add("location", visible(f"{job.address}, {job.city}, {job.state} {job.zip_code}"))
    event.add("description", message.body)
    event.add("status", "CANCELLED" if is_over else "CONFIRMED")
    event["organizer"] = vCalAddress(f"mailto:{sender_address()}")
    event["attendee"] = vCalAddress(f"mailto:{message.recipient}")
    event["attendee"].params["RSVP"] = "FALSE"
    entry = Calendar()
    entry.add("prodid", "-//SmartScheduler//EN")
    entry.add("version", "2.0")
    entry.add("method", "CANCEL" if is_over else "REQUEST")
    entry.add_component(event)
    return entry
