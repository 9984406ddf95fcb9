"""A change that is undone before its email was sent causes no email; the log keeps the canceled message."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail as outbox
from django.utils import timezone
from pytest_django import Settings

from assignments.models import Assignment
from assignments.services import (
    assign_job,
    cancel_assignment,
    confirm_assignment,
    reassign_assignment,
    reschedule_assignment,
)
from contractors.models import Contractor
from jobs.services import update_job
from smartscheduler.notifications.models import Mail
from smartscheduler.notifications.tasks import send_mails
from smartscheduler.notifications.undo import undo_offered
from tests.events.numbers import number_events
from tests.factories import ContractorFactory, JobFactory, at
from tests.notifications.test_notifications import entry_of

pytestmark = pytest.mark.django_db
DELAY = timedelta(seconds=20)


@pytest.fixture(autouse=True)
def delay(settings: Settings) -> Iterator[None]:
    """A clock that stands still, so that no delay is over because a machine is slow."""
    settings.MAIL_DELAY = DELAY
    with time_machine.travel(timezone.now(), tick=False):
        yield


def work(*, after: float = 0.0) -> None:
    """One run of the worker, so many seconds from now."""
    number_events()
    with time_machine.travel(timezone.now() + timedelta(seconds=after), tick=False):
        send_mails()


def later() -> list[Any]:
    """What goes out once every delay is over: the worker reads the events at once, and sends a minute later."""
    work()
    work(after=60)
    return [(message.to[0], message.subject.partition(":")[0]) for message in outbox.outbox]


def states() -> list[Any]:
    return list(Mail.objects.order_by("created_at", "revision").values_list("kind", "state"))


def book(start: int = 9) -> Assignment:
    contractor, job = ContractorFactory(), JobFactory()
    return assign_job(job_id=job.pk, contractor_id=contractor.pk, start=at(start, days=2), actor=None)


def test_a_mail_waits_for_the_delay() -> None:
    booking = book()
    work()
    assert (outbox.outbox, states()) == ([], [("assigned", "waiting")])
    assert later() == [(booking.contractor.email, "New job")]


def test_a_booking_undone_in_the_last_moment_of_undo_sends_no_email(settings: Settings) -> None:
    """The worker has read the booking, and runs every two seconds; the page offers Undo as long as it is safe."""
    settings.MAIL_DELAY = timedelta(seconds=75)
    booking = book()
    work()
    with time_machine.travel(timezone.now() + undo_offered(), tick=False):
        cancel_assignment(assignment_id=booking.pk, reason="Undone", actor=None)
        work(after=10)
    work(after=600)
    assert (outbox.outbox, states()) == ([], [("assigned", "dropped"), ("cancelled", "dropped")])


@pytest.mark.parametrize(("delay_seconds", "undo_seconds"), [(75, 60), (20, 5), (15, 0), (0, 0)])
def test_undo_is_offered_only_while_emails_wait(settings: Settings, delay_seconds: int, undo_seconds: int) -> None:
    settings.MAIL_DELAY = timedelta(seconds=delay_seconds)
    assert undo_offered() == timedelta(seconds=undo_seconds)


@pytest.mark.parametrize("seen_between", [True, False])
def test_a_booking_that_is_undone_at_once_sends_no_email(seen_between: bool) -> None:
    booking = book()
    if seen_between:
        work()
    cancel_assignment(assignment_id=booking.pk, reason="Undone", actor=None)
    work()
    assert later() == []
    assert states() == [("assigned", "dropped"), ("cancelled", "dropped")]


def test_all_that_came_between_is_dropped_with_it() -> None:
    booking = book()
    work()
    reschedule_assignment(assignment_id=booking.pk, start=at(13, days=2), actor=None)
    work()
    cancel_assignment(assignment_id=booking.pk, reason="Undone", actor=None)
    assert later() == []
    assert {state for _, state in states()} == {"dropped"}


def test_a_booking_that_has_been_told_is_cancelled_by_mail() -> None:
    booking = book()
    later()
    cancel_assignment(assignment_id=booking.pk, reason="The customer is ill", actor=None)
    assert later() == [(booking.contractor.email, "New job"), (booking.contractor.email, "Canceled")]
    assert [entry_of(message)[1]["SEQUENCE"] for message in outbox.outbox] == [0, 1]


def test_a_mail_that_is_due_is_taken_for_sent() -> None:
    """The sender may have it in hand: the cancellation has to follow it."""
    booking = book()
    work()
    Mail.objects.update(due_at=timezone.now() + timedelta(seconds=1))
    cancel_assignment(assignment_id=booking.pk, reason="Undone", actor=None)
    assert later() == [(booking.contractor.email, "New job"), (booking.contractor.email, "Canceled")]


def test_a_mail_that_failed_once_is_taken_for_sent() -> None:
    booking = book()
    work()
    Mail.objects.update(attempts=1)
    cancel_assignment(assignment_id=booking.pk, reason="Undone", actor=None)
    assert later() == [(booking.contractor.email, "New job"), (booking.contractor.email, "Canceled")]


def test_a_move_that_is_undone_at_once_sends_no_email() -> None:
    booking = book()
    later()
    Mail.objects.update(sent_at=timezone.now() - timedelta(minutes=1))  # the clock goes on from before it was sent
    outbox.outbox.clear()
    reschedule_assignment(assignment_id=booking.pk, start=at(13, days=2), actor=None)
    work()
    reschedule_assignment(assignment_id=booking.pk, start=at(9, days=2), actor=None)
    assert later() == []
    assert states() == [("assigned", "sent"), ("changed", "dropped"), ("changed", "dropped")]


def test_a_move_that_another_mail_has_told_of_is_undone_by_mail() -> None:
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


def test_a_move_to_a_third_time_is_told() -> None:
    booking = book()
    later()
    outbox.outbox.clear()
    for hour in (13, 14):
        reschedule_assignment(assignment_id=booking.pk, start=at(hour, days=2), actor=None)
        work()
    assert later() == [(booking.contractor.email, "Changed")] * 2


class TestReassignedAndBack:
    """A contractor keeps one calendar entry for a job, however often the job is assigned to them."""

    @pytest.fixture
    def booking(self) -> Assignment:
        """A booking whose contractor has been notified."""
        booking = book()
        later()
        outbox.outbox.clear()
        return booking

    @pytest.fixture
    def other(self) -> Contractor:
        return ContractorFactory()

    def there_and_back(
        self,
        booking: Assignment,
        other: Contractor,
        *,
        start: datetime | None = None,
        between: Callable[..., Any] = work,
    ) -> Assignment:
        """To the other contractor a second from now, and back a second later."""
        start, now = start or at(9, days=2), timezone.now()
        with time_machine.travel(now + timedelta(seconds=1), tick=False):
            away = reassign_assignment(assignment_id=booking.pk, contractor_id=other.pk, actor=None)
        between()
        with time_machine.travel(now + timedelta(seconds=2), tick=False):
            return reassign_assignment(
                assignment_id=away.pk, contractor_id=booking.contractor_id, start=start, actor=None
            )

    def entries(self) -> list[Any]:
        return [(to, entry["UID"], entry["SEQUENCE"]) for to, entry in map(self.entry, outbox.outbox)]

    def entry(self, message: Any) -> tuple[str, Any]:
        return message.to[0], entry_of(message)[1]

    @pytest.mark.parametrize("between", [work, int], ids=["seen between", "seen at once"])
    def test_neither_contractor_hears_of_it(
        self, booking: Assignment, other: Contractor, between: Callable[..., Any] | type[int]
    ) -> None:
        self.there_and_back(booking, other, between=between)
        assert later() == []
        # The clock stands still, so that messages of both contractors are as old as each other.
        assert sorted(state for _, state in states()) == [*["dropped"] * 4, "sent"]

    def test_a_confirmed_booking_as_well(self, booking: Assignment, other: Contractor) -> None:
        confirm_assignment(assignment_id=booking.pk, actor=None)
        self.there_and_back(booking, other)
        assert later() == []

    def test_twice_in_a_row(self, booking: Assignment, other: Contractor) -> None:
        again = self.there_and_back(booking, other)
        work()
        self.there_and_back(again, other)
        assert later() == []

    @pytest.mark.parametrize("cancelled", [True, False], ids=["cancelled", "moved"])
    def test_what_comes_later_updates_the_entry_of_the_first_mail(self, other: Contractor, cancelled: bool) -> None:
        booking = book()
        later()
        again = self.there_and_back(booking, other)
        later()
        if cancelled:
            cancel_assignment(assignment_id=again.pk, reason="The customer is ill", actor=None)
        else:
            reschedule_assignment(assignment_id=again.pk, start=at(13, days=2), actor=None)
        later()
        (first, uid, sequence), (second, same_uid, later_sequence) = self.entries()
        assert (first, uid) == (second, same_uid)
        assert sequence < later_sequence

    def test_a_cancellation_that_went_out_is_followed_by_a_newer_version_of_the_entry(
        self, booking: Assignment, other: Contractor
    ) -> None:
        moved = reassign_assignment(assignment_id=booking.pk, contractor_id=other.pk, actor=None)
        later()
        reassign_assignment(assignment_id=moved.pk, contractor_id=booking.contractor_id, actor=None)
        later()
        to_first = [entry for to, entry in map(self.entry, outbox.outbox) if to == booking.contractor.email]
        assert [entry["STATUS"] for entry in to_first] == ["CANCELLED", "CONFIRMED"]
        assert len({entry["UID"] for entry in to_first}) == 1
        assert to_first[0]["SEQUENCE"] < to_first[1]["SEQUENCE"]

    def test_a_cancellation_that_is_due_is_taken_for_sent(self, booking: Assignment, other: Contractor) -> None:
        def nearly_due() -> None:
            work()
            Mail.objects.filter(state=Mail.State.WAITING).update(due_at=timezone.now() + timedelta(seconds=1))

        self.there_and_back(booking, other, between=nearly_due)
        to_first = [kind for to, kind in later() if to == booking.contractor.email]
        assert to_first == ["Canceled", "New job"]

    def test_the_new_mail_waits_for_a_cancellation_that_failed(self, booking: Assignment, other: Contractor) -> None:
        def failed_once() -> None:
            work()
            Mail.objects.filter(kind=Mail.Kind.CANCELLED).update(
                attempts=1, due_at=timezone.now() + timedelta(minutes=5)
            )

        self.there_and_back(booking, other, between=failed_once)
        assert booking.contractor.email not in [to for to, _ in later()]
        work(after=600)
        to_first = [message for message in outbox.outbox if message.to == [booking.contractor.email]]
        assert [message.subject.partition(":")[0] for message in to_first] == ["Canceled", "New job"]

    def test_another_time_on_the_way_back_is_told(self, booking: Assignment, other: Contractor) -> None:
        self.there_and_back(booking, other, start=at(13, days=2))
        assert later() == [(booking.contractor.email, "Canceled"), (booking.contractor.email, "New job")]
        assert len({uid for _, uid, _ in self.entries()}) == 1

    def test_another_time_that_is_taken_back_as_well_is_not(self, booking: Assignment, other: Contractor) -> None:
        again = self.there_and_back(booking, other, start=at(13, days=2))
        work()
        reschedule_assignment(assignment_id=again.pk, start=at(9, days=2), actor=None)
        assert later() == []

    def test_a_time_that_the_first_contractor_was_never_told_of_is_dropped_too(
        self, booking: Assignment, other: Contractor
    ) -> None:
        moved_at = timezone.now() + timedelta(minutes=5)
        with time_machine.travel(moved_at, tick=False):
            reschedule_assignment(assignment_id=booking.pk, start=at(13, days=2), actor=None)
            work()
            self.there_and_back(booking, other)
            assert later() == []

    @pytest.mark.parametrize("between", [work, int], ids=["seen between", "seen at once"])
    def test_what_changed_meanwhile_is_told(
        self, booking: Assignment, other: Contractor, between: Callable[..., Any] | type[int]
    ) -> None:
        def note() -> None:
            with time_machine.travel(timezone.now() + timedelta(seconds=1.5), tick=False):
                update_job(job_id=booking.job_id, special_requirements="Ring twice.", actor=None)
            between()

        self.there_and_back(booking, other, between=note)
        assert {to for to, _ in later()} == {booking.contractor.email}
        assert "Ring twice." in outbox.outbox[-1].body

    @pytest.mark.parametrize("between", [work, int], ids=["seen between", "seen at once"])
    def test_what_changed_just_before_is_told(
        self, booking: Assignment, other: Contractor, between: Callable[..., Any] | type[int]
    ) -> None:
        update_job(job_id=booking.job_id, special_requirements="Ring twice.", actor=None)
        between()
        self.there_and_back(booking, other, between=between)
        assert later() == [(booking.contractor.email, "Changed")]
        assert "Ring twice." in outbox.outbox[-1].body

    def test_a_booking_that_was_not_told_yet_is_told_once(self, other: Contractor) -> None:
        booking = book()
        work()
        self.there_and_back(booking, other)
        assert later() == [(booking.contractor.email, "New job")]

    def test_a_job_that_is_cancelled_for_one_and_booked_again_at_once_is_no_news(self, booking: Assignment) -> None:
        cancel_assignment(assignment_id=booking.pk, reason="A slip", actor=None)
        work()
        assign_job(job_id=booking.job_id, contractor_id=booking.contractor_id, start=booking.slot.start, actor=None)
        assert later() == []
