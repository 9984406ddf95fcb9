"""What is undone before its mail went out is told to nobody; the log keeps what would have been sent."""

from datetime import timedelta

import pytest
import time_machine
from django.core import mail as outbox
from django.utils import timezone

from assignments.services import assign_job, cancel_assignment, reassign_assignment, reschedule_assignment
from smartscheduler.mails.models import Mail
from smartscheduler.mails.tasks import send_mails
from tests.events.numbers import number_events
from tests.factories import ContractorFactory, JobFactory, at
from tests.mails.test_mails import entry_of

pytestmark = pytest.mark.django_db
DELAY = timedelta(seconds=20)


@pytest.fixture(autouse=True)
def delay(settings):
    """A clock that stands still, so that no delay is over because a machine is slow."""
    settings.MAIL_DELAY = DELAY
    with time_machine.travel(timezone.now(), tick=False):
        yield


def work(*, after=0.0):
    """One run of the worker, so many seconds from now."""
    number_events()
    with time_machine.travel(timezone.now() + timedelta(seconds=after), tick=False):
        send_mails()


def later():
    """What goes out once every delay is over: the worker reads the events at once, and sends a minute later."""
    work()
    work(after=60)
    return [(message.to[0], message.subject.partition(":")[0]) for message in outbox.outbox]


def states():
    return list(Mail.objects.order_by("created_at", "revision").values_list("kind", "state"))


def book(start=9):
    contractor, job = ContractorFactory(), JobFactory()
    return assign_job(job_id=job.pk, contractor_id=contractor.pk, start=at(start, days=2), actor=None)


def test_a_mail_waits_for_the_delay():
    booking = book()
    work()
    assert (outbox.outbox, states()) == ([], [("assigned", "waiting")])
    assert later() == [(booking.contractor.email, "New job")]


@pytest.mark.parametrize("seen_between", [True, False])
def test_a_booking_that_is_undone_at_once_is_told_to_nobody(seen_between):
    booking = book()
    if seen_between:
        work()
    cancel_assignment(assignment_id=booking.pk, reason="Undone", actor=None)
    work()
    assert later() == []
    assert states() == [("assigned", "dropped"), ("cancelled", "dropped")]


def test_all_that_came_between_is_dropped_with_it():
    booking = book()
    work()
    reschedule_assignment(assignment_id=booking.pk, start=at(13, days=2), actor=None)
    work()
    cancel_assignment(assignment_id=booking.pk, reason="Undone", actor=None)
    assert later() == []
    assert {state for _, state in states()} == {"dropped"}


def test_a_booking_that_has_been_told_is_cancelled_by_mail():
    booking = book()
    later()
    cancel_assignment(assignment_id=booking.pk, reason="The customer is ill", actor=None)
    assert later() == [(booking.contractor.email, "New job"), (booking.contractor.email, "Cancelled")]
    assert [entry_of(message)[1]["SEQUENCE"] for message in outbox.outbox] == [0, 1]


def test_a_mail_that_is_due_is_taken_for_sent():
    """The sender may have it in hand: the cancellation has to follow it."""
    booking = book()
    work()
    Mail.objects.update(due_at=timezone.now() + timedelta(seconds=1))
    cancel_assignment(assignment_id=booking.pk, reason="Undone", actor=None)
    assert later() == [(booking.contractor.email, "New job"), (booking.contractor.email, "Cancelled")]


def test_a_mail_that_failed_once_is_taken_for_sent():
    booking = book()
    work()
    Mail.objects.update(attempts=1)
    cancel_assignment(assignment_id=booking.pk, reason="Undone", actor=None)
    assert later() == [(booking.contractor.email, "New job"), (booking.contractor.email, "Cancelled")]


def test_a_move_that_is_undone_at_once_is_told_to_nobody():
    booking = book()
    later()
    Mail.objects.update(sent_at=timezone.now() - timedelta(minutes=1))  # the clock goes on from before it was sent
    outbox.outbox.clear()
    reschedule_assignment(assignment_id=booking.pk, start=at(13, days=2), actor=None)
    work()
    reschedule_assignment(assignment_id=booking.pk, start=at(9, days=2), actor=None)
    assert later() == []
    assert states() == [("assigned", "sent"), ("changed", "dropped"), ("changed", "dropped")]


def test_a_move_that_another_mail_has_told_of_is_undone_by_mail():
    """The mail of the booking goes out while it stands at 13:00: the way back must not be kept from the contractor."""
    booking = book()
    work()
    with time_machine.travel(timezone.now() + timedelta(seconds=15), tick=False):
        reschedule_assignment(assignment_id=booking.pk, start=at(13, days=2), actor=None)
        work()
    with time_machine.travel(timezone.now() + timedelta(seconds=22), tick=False):
        work()
        assert len(outbox.outbox) == 1
        reschedule_assignment(assignment_id=booking.pk, start=at(9, days=2), actor=None)
        work()
        work(after=60)
    assert [message.subject.partition(":")[0] for message in outbox.outbox] == ["New job", "Changed", "Changed"]
    assert entry_of(outbox.outbox[-1])[1]["DTSTART"].dt == at(9, days=2)


def test_a_move_to_a_third_time_is_told():
    booking = book()
    later()
    outbox.outbox.clear()
    for hour in (13, 14):
        reschedule_assignment(assignment_id=booking.pk, start=at(hour, days=2), actor=None)
        work()
    assert later() == [(booking.contractor.email, "Changed")] * 2


def test_who_had_a_job_for_seconds_hears_nothing_of_it():
    booking, other = book(), ContractorFactory()
    later()
    outbox.outbox.clear()
    moved = reassign_assignment(assignment_id=booking.pk, contractor_id=other.pk, actor=None)
    work()
    reassign_assignment(assignment_id=moved.pk, contractor_id=booking.contractor_id, actor=None)
    assert other.email not in [to for to, _ in later()]
