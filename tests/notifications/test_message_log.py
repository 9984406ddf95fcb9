"""The messages to a customer on the pages of customer, job and assignment, and in the panel of the board."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from assignments.models import Assignment
from customers.models import Customer
from smartscheduler.accounts.permissions import Role
from smartscheduler.adminsite.registry import record_url
from smartscheduler.core.formatting import local_time
from smartscheduler.notifications.message_log import PRINTING
from smartscheduler.notifications.models import CustomerMessage
from tests.factories import AssignmentFactory
from tests.pages import signed_in

pytestmark = pytest.mark.django_db
SMTP = "django.core.mail.backends.smtp.EmailBackend"
State = CustomerMessage.State


def booking(**fields: Any) -> Assignment:
    customer = Customer.objects.create(**{"name": "Zoë O’Brien", "email": "zoe@example.com", **fields})
    return AssignmentFactory(job__customer=customer)


def message(about: Assignment, **fields: Any) -> CustomerMessage:
    usual = {
        "id": uuid4(),
        "kind": "booked",
        "language": "en",
        "recipient": "zoe@example.com",
        "subject": "Your appointment",
        "body": "Hello Zoë,\n\nwe come on Monday.",
        "due_at": timezone.now() + timedelta(minutes=1),
    }
    job = about.job
    return CustomerMessage.objects.create(
        **{**usual, "job": job, "customer": job.customer, "assignment": about, **fields}
    )


def seen(client: Client, path: str) -> str:
    return " ".join(client.get(path).content.decode().split())


def pages(about: Assignment) -> list[str]:
    return [
        record_url(about.job.customer, "change"),  # type: ignore[arg-type]
        record_url(about.job, "change"),
        record_url(about, "change"),
        f"/live/jobs/{about.job_id}/",
    ]


def test_shows_what_waits_with_its_text() -> None:
    about = booking()
    queued = message(about)
    for path in pages(about):
        text = seen(signed_in(), path)
        assert "Booked" in text
        assert f"Due {local_time(queued.due_at, about.job.zone)}." in text
        assert "To zoe@example.com" in text
        assert "we come on Monday." in text


def test_the_demo_says_that_nothing_left_the_machine(settings: Settings) -> None:
    about = booking()
    message(about, state=State.SENT, sent_at=timezone.now())
    for path in pages(about):
        settings.EMAIL_BACKEND = PRINTING
        text = seen(signed_in(), path)
        assert "Nothing has left this machine." in text
        assert "Would have been sent" in text
        settings.EMAIL_BACKEND = SMTP
        text = seen(signed_in(), path)
        assert "Nothing has left this machine." not in text
        assert '<span class="message-state sent">Sent</span>' in text


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"attempts": 2}, "Attempt 2 has failed. The next one is due"),
        ({"state": "failed", "error": "Mailbox unknown"}, "Mailbox unknown"),
        ({"state": "bounced", "error": "Came back", "sent_at": timezone.now}, "Came back"),
        ({"state": "suppressed", "reason": "opted_out"}, "The customer does not want emails."),
    ],
)
def test_names_the_reason(fields: dict[str, Any], sentence: str) -> None:
    about = booking()
    message(about, **{name: value() if callable(value) else value for name, value in fields.items()})
    assert sentence in seen(signed_in(), record_url(about.job, "change"))


def test_only_the_customer_page_lists_messages_that_were_not_needed() -> None:
    about = booking()
    message(about, state="suppressed", reason="replaced", subject="Not needed")
    customer, *others = pages(about)
    assert "Not needed" in seen(signed_in(), customer)
    assert not any("Not needed" in seen(signed_in(), path) for path in others)


def test_of_several_queued_messages_about_the_visit_the_job_shows_the_last_one() -> None:
    about = booking()
    for subject in ("Earlier", "Latest"):
        message(about, subject=subject)
    message(about, kind="reminder", subject="Reminder")
    customer, *others = pages(about)
    assert all(text in seen(signed_in(), customer) for text in ("Earlier", "Latest", "Reminder"))
    for path in others:
        text = seen(signed_in(), path)
        assert "Latest" in text
        assert "Reminder" in text
        assert "Earlier" not in text


def test_says_before_the_first_message_whether_there_will_be_any() -> None:
    with_email, without_email = booking(), booking(email="")
    for path in pages(with_email)[1:]:
        assert "The customer gets emails about this job." in seen(signed_in(), path)
    for path in pages(without_email)[1:]:
        text = "The customer gets no emails about this job. The customer has no email address."
        assert text in seen(signed_in(), path)


def test_a_manager_sees_that_there_was_a_message_and_nothing_of_it() -> None:
    about = booking()
    message(about, error="550 zoe@example.com unknown", attempts=1)
    for path in pages(about):
        text = seen(signed_in(Role.MANAGER), path)
        assert "Booked" in text
        for secret in ("zoe@example.com", "Your appointment", "we come on Monday."):
            assert secret not in text


def test_texts_are_escaped() -> None:
    about = booking()
    message(about, subject="<b>Hi</b>", body="<script>alert(1)</script>")
    for path in pages(about):
        text = seen(signed_in(), path)
        assert "<script>alert" not in text
        assert "&lt;b&gt;Hi&lt;/b&gt;" in text


def test_a_page_of_the_customer_has_twenty_messages() -> None:
    about = booking()
    for number in range(25):
        message(about, subject=f"Message {number:02}")
    customer = record_url(about.job.customer, "change")  # type: ignore[arg-type]
    assert seen(signed_in(), customer).count("<summary>Message") == 20
    assert seen(signed_in(), f"{customer}?messages=2").count("<summary>Message") == 5
