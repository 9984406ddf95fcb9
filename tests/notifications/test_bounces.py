"""Reports of mail providers: a bounce marks the message and the customer; a complaint turns emails off.

The environment of the tests need not have django-anymail, which is optional.
"""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from pytest_django import Settings

from customers.models import Customer
from smartscheduler.notifications.models import CustomerMessage
from smartscheduler.ops.checks import check_mail_reports
from tests.factories import at
from tests.notifications.customers import EMAIL, book, customer, deliver, job

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent() -> Iterator[CustomerMessage]:
    with time_machine.travel(at(12), tick=False) as clock:
        book(job(customer()))
        deliver(clock)
        yield CustomerMessage.objects.get()


def report(kind: str, *, message_id: str = "provider-17", recipient: str = EMAIL, **values: Any) -> None:
    bounces = pytest.importorskip("smartscheduler.notifications.bounces", reason="needs django-anymail")
    event = {"mta_response": "550 No such user", "description": None}
    bounces.take_report(
        event=SimpleNamespace(event_type=kind, message_id=message_id, recipient=recipient, **event | values)
    )


def outcome(message: CustomerMessage) -> tuple[str, str, bool, bool]:
    message.refresh_from_db()
    person = Customer.objects.get(pk=message.customer_id)
    return message.state, message.error, person.email_bounced, person.accepts_emails


@pytest.mark.parametrize("recipient", [EMAIL, EMAIL.upper()])
def test_a_bounce_is_found_by_the_recipient(sent: CustomerMessage, recipient: str) -> None:
    report("bounced", recipient=recipient)
    assert outcome(sent) == ("bounced", "550 No such user", True, True)
    report("bounced", recipient=recipient)
    assert outcome(sent) == ("bounced", "550 No such user", True, True)


def test_a_bounce_is_found_by_our_id(sent: CustomerMessage) -> None:
    report("rejected", message_id=f"<{sent.pk}@example.com>", recipient="other@example.com")
    assert outcome(sent)[0] == "bounced"


def test_an_id_of_the_provider_that_looks_like_ours_does_no_harm(sent: CustomerMessage) -> None:
    report("bounced", message_id="883953f4-6105-42a2-a16a-77a8eac79483")
    assert outcome(sent)[0] == "bounced"


def test_a_complaint_turns_emails_off(sent: CustomerMessage) -> None:
    report("complained")
    assert outcome(sent) == ("sent", "", False, False)


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("delivered", {}),
        ("opened", {}),
        ("deferred", {}),
        ("bounced", {"recipient": "other@example.com"}),
        ("bounced", {"recipient": "", "message_id": ""}),
        ("bounced", {"message_id": "00000000-0000-0000-0000-000000000000", "recipient": ""}),
    ],
)
def test_other_reports_change_nothing(sent: CustomerMessage, kind: str, values: dict[str, Any]) -> None:
    report(kind, **values)
    assert outcome(sent) == ("sent", "", False, True)


def test_a_secret_without_a_colon_is_refused(settings: Settings) -> None:
    settings.MAIL_REPORT_SECRET = "secret"
    assert [error.id for error in check_mail_reports()] == ["smartscheduler.E047"]
    settings.MAIL_REPORT_SECRET = ""
    assert check_mail_reports() == []
