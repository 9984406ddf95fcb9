"""Sent messages, parsed by the strict parser of the standard library."""

import email
import re
from email import policy

import pytest
from django.utils import timezone
from hypothesis import example, given
from hypothesis import strategies as st
from icalendar import Calendar
from pytest_django import Settings

from smartscheduler.notifications.messages import written
from smartscheduler.notifications.models import Mail
from tests.factories import AssignmentFactory, ContractorFactory, JobFactory

pytestmark = pytest.mark.django_db
STRICT = policy.default + policy.strict
ONE_LINE = st.text(
    st.characters(exclude_categories=("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")), min_size=1, max_size=60
).filter(lambda text: text.strip())
ONCE = {"subject", "from", "to", "date", "message-id", "mime-version", "content-type", "content-transfer-encoding"}


def mail(kind: str = "assigned", *, contractor: str = "Ann Rivera", **job: str) -> Mail:
    person = ContractorFactory.build(name=contractor, hours=[])
    assignment = AssignmentFactory.build(contractor=person, job=JobFactory.build(**job))
    return Mail(id=assignment.pk, kind=kind, assignment=assignment, revision=0, due_at=timezone.now())


def over_the_wire(mail: Mail) -> tuple[bytes, email.message.EmailMessage]:
    raw = written(mail, now=timezone.now()).message().as_bytes(linesep="\r\n")  # type: ignore[call-arg]  # Django's own message takes it
    return raw, email.message_from_bytes(raw, policy=STRICT)


def check(mail: Mail) -> email.message.EmailMessage:
    """Everything that a strict reader may ask of the mail; returns it as that reader sees it."""
    raw, message = over_the_wire(mail)
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    for part in message.walk():
        assert part.defects == []
        names = [name.lower() for name, _ in part.items()]
        assert [name for name in ONCE if names.count(name) > 1] == []
        for name, value in part.items():
            assert value.defects == (), (name, value)
        parameters = re.findall(r";\s*([\w*-]+)=", re.sub(r'"[^"]*"', '""', str(part["Content-Type"])))
        assert len(parameters) == len(set(parameters)), part["Content-Type"]
    # A header that begins on the next line is legal, and read with a blank before it.
    assert message["Subject"].strip() == written(mail, now=timezone.now()).subject
    assert message["Message-ID"].isascii()
    return message


def entry(message: email.message.EmailMessage) -> Calendar:
    (part,) = message.iter_attachments()
    assert (part.get_content_type(), part.get_filename()) == ("text/calendar", "job.ics")
    calendar = Calendar.from_ical(part.get_content())
    assert part["Content-Type"].params == {"method": str(calendar["METHOD"]), "charset": "utf-8"}
    return calendar


def raw_types(mail: Mail) -> list[str]:
    """The Content-Type headers as they are written, each on one line."""
    raw, _ = over_the_wire(mail)
    unfolded = re.sub(r"\r\n[ \t]+", " ", raw.decode())
    return re.findall(r"^Content-Type: (.*?)\r?$", unfolded, flags=re.MULTILINE)


@pytest.mark.parametrize("kind", Mail.Kind.values)
def test_every_kind_of_mail_is_well_formed(kind: str) -> None:
    content = mail(kind)
    method = "CANCEL" if kind == "cancelled" else "REQUEST"
    assert entry(check(content))["METHOD"] == method
    for value in raw_types(content):
        assert value.lower().count("charset=") <= 1
    assert any("text/calendar" in value for value in raw_types(content))


@given(contractor=ONE_LINE, city=ONE_LINE, customer=ONE_LINE, notes=st.text(max_size=300))
@example(contractor="\\", city="a\\", customer="\\:", notes="\\")
def test_whatever_stands_in_the_records(contractor: str, city: str, customer: str, notes: str) -> None:
    notes = "".join(letter for letter in notes if letter == "\n" or letter.isprintable())
    content = mail(contractor=contractor, city=city, customer_name=customer, special_requirements=notes)
    (event,) = entry(check(content)).walk("VEVENT")
    assert event["ATTENDEE"] == f"mailto:{content.assignment.contractor.email}"


@pytest.mark.parametrize("sender", ["Böden & Söhne <dispatch@example.com>", "Dispatch <dispatch@böden.example>"])
def test_a_sender_outside_ascii(settings: Settings, sender: str) -> None:
    settings.DEFAULT_FROM_EMAIL = sender
    message = check(mail())
    assert message["From"].addresses[0].display_name == sender.partition(" <")[0]


def test_line_breaks_in_a_record_do_not_become_headers() -> None:
    content = mail(city="Austin\r\nBcc: everybody@example.com")
    message = check(content)
    assert message["Bcc"] is None
