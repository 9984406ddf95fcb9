"""The emails to customers as a mail server receives them, in both languages, read by a strict parser."""

import email
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import policy
from email.message import EmailMessage
from typing import Any
from uuid import uuid4

import pytest
from aiosmtpd.controller import Controller
from django.core.mail import get_connection
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from customers.models import Customer
from smartscheduler.notifications.customer_content import email_of, text_of, write
from smartscheduler.notifications.models import CustomerMessage, MessageKind
from smartscheduler.timeslots import TimeSlot
from tests.factories import JobFactory, at
from tests.products import free_port

STRICT = policy.default + policy.strict
ONE_LINE = st.text(st.characters(exclude_categories=("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")), max_size=60)


class Mailbox:
    """A mail server that keeps what it has received."""

    def __init__(self) -> None:
        self.received: list[bytes] = []
        self.recipients: list[str] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802  (aiosmtpd's name)
        self.received.append(envelope.content)
        self.recipients += envelope.rcpt_tos
        return "250 OK"


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, int]]:
    kept, port = Mailbox(), free_port()
    server = Controller(kept, hostname="127.0.0.1", port=port, ready_timeout=60)
    server.start()
    yield kept, port
    server.stop()


def message(kind: str, language: str, **customer: Any) -> CustomerMessage:
    """An unsaved message about a job with an arrival window."""
    window = TimeSlot(at(8, days=2), at(10, days=2))
    person = Customer(**{"name": "Grace Hill", "email": "grace@example.com", "language": language} | customer)
    job = JobFactory.build(customer=person, window_start=window.start, window_end=window.end)
    made = CustomerMessage(
        id=uuid4(), kind=kind, language=language, job=job, customer=person, recipient=person.email, revision=3
    )
    made.assignment_id = uuid4()
    made.visit = window
    write(made, text_of(None, kind, language))
    return made


def parsed(raw: bytes) -> EmailMessage:
    read = email.message_from_bytes(raw, policy=STRICT)
    for part in read.walk():
        assert part.defects == []
        for name, value in part.items():
            assert value.defects == (), (name, value)
    return read


@pytest.mark.parametrize("kind", MessageKind.values)
@pytest.mark.parametrize("language", ["en", "es"])
def test_a_mail_server_gets_a_well_formed_email(kind: str, language: str, mailbox: tuple[Mailbox, int]) -> None:
    kept, port = mailbox
    sent = message(kind, language, name="Zoë Núñez")
    server = get_connection("django.core.mail.backends.smtp.EmailBackend", host="127.0.0.1", port=port)
    assert server.send_messages([email_of(sent, now=timezone.now())]) == 1
    assert kept.recipients == ["grace@example.com"]
    read = parsed(kept.received[0])
    assert read["Subject"].strip() == sent.subject
    assert str(sent.pk) in read["Message-ID"]
    link = re.fullmatch(r"<(http://\S+/customers/emails/\?stop=\S+)>", str(read["List-Unsubscribe"]).strip())
    assert link
    assert read["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    text = read.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "Zoë Núñez" in text
    assert link.group(1) in text
    html = read.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert f'lang="{language}"' in html
    assert [part.get_content_type() for part in read.iter_attachments()] == (
        [] if kind in {"reminder", "done"} else ["text/calendar"]
    )


@pytest.mark.parametrize("kind", ["booked", "cancelled"])
@pytest.mark.parametrize("language", ["en", "es"])
def test_a_calendar_reads_the_entry(kind: str, language: str) -> None:
    sent = message(kind, language)
    raw = email_of(sent, now=datetime(2026, 11, 30, tzinfo=UTC)).message().as_bytes()
    (part,) = parsed(raw).iter_attachments()
    calendar = Calendar.from_ical(part.get_content())
    method = "CANCEL" if kind == "cancelled" else "REQUEST"
    assert part["Content-Type"].params["method"] == calendar["METHOD"] == method
    (event,) = calendar.walk("VEVENT")
    assert event["UID"] == f"{sent.job.pk}@example.com"
    assert event["SEQUENCE"] == 3
    assert (event.decoded("DTSTART"), event.decoded("DTEND")) == (at(8, days=2), at(10, days=2))
    assert event["STATUS"] == ("CANCELLED" if kind == "cancelled" else "CONFIRMED")
    assert event["ATTENDEE"] == "mailto:grace@example.com"
    assert str(event["LOCATION"]).startswith("100 Congress Avenue, Austin")


@given(name=ONE_LINE, city=ONE_LINE)
def test_any_text_of_a_record_gives_a_well_formed_email(name: str, city: str) -> None:
    sent = message("booked", "en", name=name)
    sent.job.city = f"{city}\r\nBcc: other@example.com"
    write(sent, text_of(None, "booked", "en"))
    read = parsed(email_of(sent, now=timezone.now()).message().as_bytes())
    assert read["Bcc"] is None


def test_html_in_a_name_stays_text() -> None:
    sent = message("booked", "en", name="<img src=x>")
    (html, _kind) = email_of(sent, now=timezone.now()).alternatives[0]
    assert "<img" not in str(html)
    assert "&lt;img" in str(html)


def test_a_window_over_a_clock_change_names_both_zones() -> None:
    sent = message("booked", "en")
    sent.job.window_start = datetime(2027, 11, 7, 5, 30, tzinfo=UTC)
    sent.job.window_end = sent.job.window_start + timedelta(hours=2)
    sent.visit = sent.job.window
    write(sent, text_of(None, "booked", "en"))
    assert "between 12:30 AM CDT and 1:30 AM CST" in sent.subject
