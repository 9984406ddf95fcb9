"""Messages to customers as personal data: exported, erased, and deleted after the retention."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from assignments.models import Assignment
from customers.models import Customer
from jobs.models import Job
from smartscheduler.notifications.models import CustomerMessage
from smartscheduler.ops.doctor import chosen
from smartscheduler.ops.doctor.check import examine
from smartscheduler.ops.retention.policies import retain, rules
from smartscheduler.privacy.data_export import export_customer_record
from smartscheduler.privacy.services import erase_customer
from tests.factories import at
from tests.notifications.customers import EMAIL, book, customer, deliver, job
from tests.privacy.people import found_anywhere

pytestmark = pytest.mark.django_db
WORDS = ["Hillcrest", "whisper@example.com", "Whisper Lane"]


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(at(12), tick=False) as traveller:
        yield traveller


@pytest.fixture
def grace(clock: time_machine.Traveller) -> Customer:
    """A customer with a message that was sent, and one that waits."""
    person = customer(name="Grace Hillcrest", email="whisper@example.com")
    booking = book(job(person, address="23 Whisper Lane"))
    deliver(clock)
    queued = CustomerMessage.objects.get()
    queued.pk, queued.state, queued.sent_at = booking.pk, "queued", None
    queued.save(force_insert=True)
    now = timezone.now()
    Assignment.objects.filter(pk=booking.pk).update(
        status="completed", confirmed_at=now, started_at=now, completed_at=now
    )
    Job.objects.filter(pk=booking.job_id).update(status="completed", completed_at=timezone.now())
    return person


def test_an_erasure_empties_the_messages_and_sends_no_more(grace: Customer, clock: time_machine.Traveller) -> None:
    assert "notifications_customermessage.body" in str(found_anywhere(WORDS))
    erase_customer(customer_id=grace.pk, actor=None)
    assert found_anywhere(WORDS) == {}
    sent, queued = CustomerMessage.objects.order_by("-state")
    assert (queued.state, sent.state) == ("sent", "suppressed")
    assert [message.body + message.subject + message.recipient for message in (sent, queued)] == ["", ""]
    assert deliver(clock) == []


def test_an_export_has_the_messages(grace: Customer) -> None:
    messages = export_customer_record(customer_id=grace.pk, actor=None)["messages"]
    assert [message["recipient"] for message in messages] == ["whisper@example.com"] * 2
    assert all("Grace Hillcrest" in message["body"] for message in messages)


def test_old_messages_are_deleted_unless_the_booking_is_live(grace: Customer, clock: time_machine.Traveller) -> None:
    book(job(customer()))
    deliver(clock)
    CustomerMessage.objects.exclude(state="sent").update(state="queued", reason="")
    CustomerMessage.objects.update(created_at=timezone.now() - timedelta(days=366))
    rule = next(rule for rule in rules() if rule.name == "messages")
    assert retain([rule], seconds=60) == {"messages": 1}
    assert sorted(CustomerMessage.objects.values_list("state", "recipient")) == [
        ("queued", "whisper@example.com"),
        ("sent", EMAIL),
    ]


@pytest.mark.parametrize(("state", "name"), [("failed", "messages-delivered"), ("queued", "messages-move")])
def test_the_doctor_finds_what_is_stuck(state: str, name: str, grace: Customer, clock: time_machine.Traveller) -> None:
    CustomerMessage.objects.update(state=state, sent_at=None)
    CustomerMessage.objects.update(due_at=timezone.now() - timedelta(hours=1))
    (outcome,) = examine(chosen(names=[name]), show=5)
    assert outcome.findings.count > 0
