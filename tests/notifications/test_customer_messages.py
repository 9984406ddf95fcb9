"""Messages to customers: one for each change of what they know, in the waking hours, with the reason where none is."""

import smtplib
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.core.mail.backends.locmem import EmailBackend
from icalendar import Calendar
from pytest_django import Settings

from assignments.services import (
    cancel_assignment,
    complete_assignment,
    confirm_assignment,
    promise_window,
    rate_assignment,
    reassign_assignment,
    reschedule_assignment,
    start_assignment,
    withdraw_window,
)
from customers import services as customers
from jobs.services import update_job
from smartscheduler.events.models import EventReader, OutboxEvent
from smartscheduler.notifications.customer_messages import will_be_told
from smartscheduler.notifications.enqueue import collect_mails
from smartscheduler.notifications.models import MOST_ATTEMPTS, CustomerMessage, MessageTemplate
from smartscheduler.notifications.services import record_bounce, send_again
from smartscheduler.notifications.tasks import queue_customer_reminders
from smartscheduler.timeslots import TimeSlot
from tests.factories import ContractorFactory, JobFactory, at
from tests.notifications.customers import EMAIL, book, customer, deliver, job, states

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock(settings: Settings) -> Iterator[time_machine.Traveller]:
    """Noon at the site, with the delay of the product."""
    settings.MAIL_DELAY = timedelta(seconds=75)
    with time_machine.travel(at(12), tick=False) as traveller:
        yield traveller


def entry_of(email: Any) -> tuple[str, Any]:
    ((name, content, kind),) = email.attachments
    entry = Calendar.from_ical(content)
    assert (name, kind) == ("visit.ics", f"text/calendar; method={entry['METHOD']}")
    (event,) = entry.walk("VEVENT")
    return str(entry["METHOD"]), event


class TestBooked:
    def test_the_customer_learns_the_arrival_window(self, clock: time_machine.Traveller) -> None:
        work = job(customer())
        booking = book(work)
        (email,) = deliver(clock)
        assert email.to == [EMAIL]
        assert "between 8:00 AM and 10:00 AM" in email.subject
        html = str(email.alternatives[0][0])
        for text in ("Hello Grace Hill", "between 8:00 AM and 10:00 AM", work.address, work.job_number, "2 h"):
            assert text in str(email.body)
            assert text in html
        # The customer gets neither the slot nor the name of the contractor.
        assert booking.contractor.name not in str(email.body)
        method, event = entry_of(email)
        assert (method, event["SEQUENCE"], event["STATUS"]) == ("REQUEST", 0, "CONFIRMED")
        assert (event.decoded("DTSTART"), event.decoded("DTEND")) == (at(8, days=2), at(10, days=2))
        message = CustomerMessage.objects.get()
        assert (message.state, message.recipient, message.job, message.assignment) == ("sent", EMAIL, work, booking)
        assert message.subject == email.subject
        assert message.body in str(email.body)

    def test_without_a_window_the_customer_learns_the_start(self, clock: time_machine.Traveller) -> None:
        book(job(customer(), window=None))
        (email,) = deliver(clock)
        assert "at 9:00 AM" in email.subject

    def test_in_spanish(self, clock: time_machine.Traveller) -> None:
        book(job(customer(language="es", name="Ana Núñez"), window=(12, 14)), start=at(13, days=2))
        (email,) = deliver(clock)
        assert "Hola, Ana Núñez:" in str(email.body)
        assert "entre las 12:00 p. m. y las 2:00 p. m." in str(email.body)
        assert 'lang="es"' in str(email.alternatives[0][0])
        assert email.extra_headers["Content-Language"] == "es"

    def test_the_hour_of_one_has_its_own_article_in_spanish(self, clock: time_machine.Traveller) -> None:
        book(job(customer(language="es"), window=None), start=at(13, days=2))
        (email,) = deliver(clock)
        assert "a la 1:00 p. m." in str(email.body)

    def test_is_queued_with_its_text_before_the_delay_is_over(self, clock: time_machine.Traveller) -> None:
        book(job(customer()))
        assert deliver(clock, seconds=60) == []
        message = CustomerMessage.objects.get()
        assert (message.state, message.recipient) == ("queued", EMAIL)
        assert "between 8:00 AM and 10:00 AM" in message.body
        assert len(deliver(clock, seconds=20)) == 1

    def test_an_event_tells_that_it_was_sent(self, clock: time_machine.Traveller) -> None:
        work = job(customer())
        book(work)
        deliver(clock)
        (event,) = OutboxEvent.objects.filter(type="MessageSent")
        message = CustomerMessage.objects.get()
        assert event.data == {
            "job_id": str(work.pk),
            "job_number": work.job_number,
            "message_id": str(message.pk),
            "kind": "booked",
        }

    def test_nothing_is_queued_twice(self, clock: time_machine.Traveller) -> None:
        book(job(customer()))
        deliver(clock)
        assert deliver(clock) == []
        EventReader.objects.filter(name="mails").update(sequence=0)
        with pytest.raises(Exception, match="pkey"):
            collect_mails()

    def test_a_job_without_a_customer_has_no_message(self, clock: time_machine.Traveller) -> None:
        book(JobFactory(customer_name=""))
        assert deliver(clock) == []
        assert states() == []


class TestWhatChanges:
    @pytest.fixture
    def booking(self, clock: time_machine.Traveller) -> Any:
        """A booking in the window from 8 to 10, of which the customer knows."""
        booking = book(job(customer()), start=at(8, 30, days=2))
        deliver(clock)
        return booking

    def test_a_move_in_the_window_is_no_news(self, booking: Any, clock: time_machine.Traveller) -> None:
        reschedule_assignment(assignment_id=booking.pk, start=at(9, days=2), actor=None)
        assert deliver(clock) == []
        assert states()[-1] == ("moved", "suppressed", "unchanged")

    def test_another_contractor_at_the_same_time_is_no_news(self, booking: Any, clock: time_machine.Traveller) -> None:
        reassign_assignment(assignment_id=booking.pk, contractor_id=ContractorFactory().pk, actor=None)
        assert deliver(clock) == []

    def test_another_window_is_told_with_a_newer_entry(self, booking: Any, clock: time_machine.Traveller) -> None:
        promise_window(
            job_id=booking.job_id,
            window=TimeSlot(at(7, days=2), at(9, days=2)),
            replaces=at(8, days=2),
            actor=None,
        )
        (email,) = deliver(clock)
        assert "has changed" in email.subject
        assert "between 7:00 AM and 9:00 AM" in email.subject
        assert entry_of(email)[1]["SEQUENCE"] == 1

    def test_a_withdrawn_window_leaves_the_start(self, booking: Any, clock: time_machine.Traveller) -> None:
        withdraw_window(job_id=booking.job_id, actor=None)
        (email,) = deliver(clock)
        assert "at 8:30 AM" in email.subject

    def test_a_broken_window_is_told_once_with_the_promise(self, booking: Any, clock: time_machine.Traveller) -> None:
        reschedule_assignment(
            assignment_id=booking.pk, start=at(13, days=2), actor=None, window_break_reason="The van broke down"
        )
        (email,) = deliver(clock)
        assert "We cannot arrive as promised" in email.subject
        assert "between 8:00 AM and 10:00 AM" in str(email.body)
        assert "at 1:00 PM" in str(email.body)
        # The reason is for the office.
        assert "van" not in str(email.body)
        assert entry_of(email)[1].decoded("DTSTART") == at(13, days=2)
        assert states()[-1] == ("window_broken", "sent", "")

    def test_a_cancellation_removes_the_entry(self, booking: Any, clock: time_machine.Traveller) -> None:
        cancel_assignment(assignment_id=booking.pk, reason="Ill", actor=None)
        (email,) = deliver(clock)
        assert "is canceled" in email.subject
        assert "between 8:00 AM and 10:00 AM" in email.subject
        method, event = entry_of(email)
        assert (method, event["STATUS"], event["SEQUENCE"]) == ("CANCEL", "CANCELLED", 1)

    def test_a_booking_after_a_cancellation_is_told_anew(self, booking: Any, clock: time_machine.Traveller) -> None:
        cancel_assignment(assignment_id=booking.pk, reason="Ill", actor=None)
        deliver(clock)
        booking.job.refresh_from_db()
        book(booking.job)
        (email,) = deliver(clock)
        assert "Your appointment: " in email.subject

    def test_what_is_undone_in_time_is_not_told(self, booking: Any, clock: time_machine.Traveller) -> None:
        promise_window(
            job_id=booking.job_id, window=TimeSlot(at(7, days=2), at(9, days=2)), replaces=at(8, days=2), actor=None
        )
        assert deliver(clock, seconds=30) == []
        promise_window(
            job_id=booking.job_id, window=TimeSlot(at(8, days=2), at(10, days=2)), replaces=at(7, days=2), actor=None
        )
        assert deliver(clock, seconds=50) == []
        assert deliver(clock) == []
        assert [state for _, state, _ in states()] == ["sent", "suppressed", "suppressed"]

    def test_of_two_changes_only_the_last_is_told(self, clock: time_machine.Traveller) -> None:
        booking = book(job(customer(), window=None))
        assert deliver(clock, seconds=60) == []
        reschedule_assignment(assignment_id=booking.pk, start=at(13, days=2), actor=None)
        # The first message is due before the second change can no longer be undone.
        assert deliver(clock, seconds=20) == []
        (email,) = deliver(clock)
        assert "Your appointment: " in email.subject
        assert "at 1:00 PM" in email.subject
        assert states() == [("booked", "suppressed", "replaced"), ("booked", "sent", "")]

    def test_a_booking_that_is_cancelled_at_once_is_not_told(self, clock: time_machine.Traveller) -> None:
        booking = book(job(customer()))
        deliver(clock, seconds=10)
        cancel_assignment(assignment_id=booking.pk, reason="A slip", actor=None)
        assert deliver(clock) == []

    def test_what_is_over_is_not_told(self, clock: time_machine.Traveller) -> None:
        book(job(customer(), window=None))
        deliver(clock, seconds=1)
        assert deliver(clock, seconds=3 * 86_400) == []
        assert states() == [("booked", "suppressed", "too_late")]

    def test_other_changes_of_the_job_are_no_news(self, booking: Any, clock: time_machine.Traveller) -> None:
        confirm_assignment(assignment_id=booking.pk, actor=None)
        update_job(job_id=booking.job_id, special_requirements="Ring twice", actor=None)
        assert deliver(clock) == []
        assert len(states()) == 1


class TestWhoIsNotTold:
    @pytest.mark.parametrize(
        ("values", "reason"), [({"email": ""}, "no_email"), ({"accepts_emails": False}, "opted_out")]
    )
    def test_the_log_has_the_reason(self, values: Any, reason: str, clock: time_machine.Traveller) -> None:
        work = job(customer(**values))
        answer = will_be_told(work)
        assert (answer.can, answer.reason) == (False, reason)
        assert str(answer.why_not).startswith("The customer")
        book(work)
        assert deliver(clock) == []
        assert states() == [("booked", "suppressed", reason)]

    def test_a_customer_who_opts_out_before_the_message_goes(self, clock: time_machine.Traveller) -> None:
        person = customer()
        book(job(person))
        deliver(clock, seconds=10)
        customers.update_customer(customer_id=person.pk, actor=None, accepts_emails=False)
        assert deliver(clock) == []
        assert states() == [("booked", "suppressed", "opted_out")]

    def test_a_kind_that_is_turned_off(self, clock: time_machine.Traveller) -> None:
        MessageTemplate.objects.update_or_create(kind="booked", language="en", defaults={"is_enabled": False})
        book(job(customer()))
        assert deliver(clock) == []
        assert states() == [("booked", "suppressed", "turned_off")]

    def test_others_are_told(self) -> None:
        answer = will_be_told(job(customer()))
        assert (answer.can, answer.why_not, answer.reason) == (True, "", "")
        assert answer.due_at == at(12) + timedelta(seconds=75)

    def test_a_job_without_a_customer(self) -> None:
        assert will_be_told(JobFactory(customer_name="")).reason == "no_customer"


class TestQuietHours:
    def test_what_happens_at_night_is_told_in_the_morning_as_it_is_then(self, clock: time_machine.Traveller) -> None:
        booking = book(job(customer(), window=None))
        clock.move_to(at(22))
        assert deliver(clock) == []
        assert CustomerMessage.objects.get().due_at == at(8, days=1)
        reschedule_assignment(assignment_id=booking.pk, start=at(14, days=2), actor=None)
        assert deliver(clock) == []
        clock.move_to(at(8, days=1))
        (email,) = deliver(clock)
        assert "at 2:00 PM" in email.subject

    def test_a_message_that_a_dead_worker_left_waits_too(self, clock: time_machine.Traveller) -> None:
        book(job(customer()))
        deliver(clock, seconds=10)
        clock.move_to(at(23))
        assert deliver(clock) == []
        assert CustomerMessage.objects.get().due_at == at(8, days=1)


class TestReminder:
    def test_comes_a_day_before_once(self, clock: time_machine.Traveller) -> None:
        book(job(customer()))
        deliver(clock)
        clock.move_to(at(7, 59, days=1))
        assert deliver(clock, seconds=0) == []
        (email,) = deliver(clock)
        assert email.subject.startswith("Reminder: ")
        assert email.attachments == []
        assert deliver(clock) == []

    def test_not_for_a_customer_who_was_just_told(self, clock: time_machine.Traveller) -> None:
        clock.move_to(at(12, days=1))
        person = customer()
        work = JobFactory(customer=person, desired_date=at(15, days=1))
        book(work, start=at(15, days=1))
        assert [email.subject.partition(":")[0] for email in deliver(clock)] == ["Your appointment"]
        assert deliver(clock) == []

    def test_not_for_a_time_that_no_longer_holds(self, clock: time_machine.Traveller) -> None:
        booking = book(job(customer(), window=None))
        later = at(14, days=2)
        deliver(clock)
        clock.move_to(at(9, 1, days=1))
        queue_customer_reminders()
        reschedule_assignment(assignment_id=booking.pk, start=later, actor=None)
        (email,) = deliver(clock)
        assert "has changed" in email.subject
        assert ("reminder", "suppressed", "replaced") in states()


class TestDone:
    def finish(self, clock: time_machine.Traveller) -> Any:
        booking = book(job(customer()))
        deliver(clock)
        confirm_assignment(assignment_id=booking.pk, actor=None)
        clock.move_to(at(9, days=2))
        start_assignment(assignment_id=booking.pk, actor=None)
        clock.shift(3600)
        return complete_assignment(assignment_id=booking.pk, actor=None)

    def test_the_customer_is_asked_for_a_rating(self, clock: time_machine.Traveller) -> None:
        self.finish(clock)
        emails = deliver(clock)
        assert [email.subject for email in emails] == ["How was our work?"]
        assert "/customers/rating/?visit=" in str(emails[0].body)
        assert "{" not in str(emails[0].body)
        assert emails[0].attachments == []

    def test_not_if_the_office_has_rated_the_work(self, clock: time_machine.Traveller) -> None:
        booking = self.finish(clock)
        rate_assignment(assignment_id=booking.pk, rating=Decimal(5), actor=None)
        assert deliver(clock) == []
        assert states()[-1] == ("done", "suppressed", "already_rated")


class TestFailures:
    def test_a_server_that_is_away_is_tried_again(
        self, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        book(job(customer()))

        def gone(server: Any, messages: Any) -> None:
            raise smtplib.SMTPServerDisconnected("gone")

        monkeypatch.setattr(EmailBackend, "send_messages", gone)
        assert deliver(clock) == []
        message = CustomerMessage.objects.get()
        assert (message.state, message.attempts) == ("queued", 1)
        assert "gone" in message.error
        monkeypatch.undo()
        clock.shift(30)
        assert len(deliver(clock)) == 1

    def test_a_refused_address_fails_and_can_be_sent_again(
        self, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        book(job(customer()))

        def refuses(server: Any, messages: Any) -> None:
            raise smtplib.SMTPRecipientsRefused({EMAIL: (550, b"No such user")})

        monkeypatch.setattr(EmailBackend, "send_messages", refuses)
        deliver(clock)
        message = CustomerMessage.objects.get()
        assert message.state == "failed"
        assert message.attempts < MOST_ATTEMPTS
        monkeypatch.undo()
        send_again(message_id=message.pk, actor=None)
        assert len(deliver(clock)) == 1

    def test_a_bounce_marks_the_message_and_the_customer(self, clock: time_machine.Traveller) -> None:
        person = customer()
        booking = book(job(person))
        deliver(clock)
        message = record_bounce(message_id=CustomerMessage.objects.get().pk, error="550 No such user")
        assert (message.state, message.error) == ("bounced", "550 No such user")
        person.refresh_from_db()
        assert person.email_bounced
        cancel_assignment(assignment_id=booking.pk, reason="Ill", actor=None)
        assert deliver(clock) == []
        assert states()[-1] == ("cancelled", "suppressed", "address_bounced")
        customers.update_customer(customer_id=person.pk, actor=None, email="hill@example.com")
        person.refresh_from_db()
        assert not person.email_bounced

    def test_a_bounce_of_an_earlier_address_concerns_no_one(self, clock: time_machine.Traveller) -> None:
        person = customer()
        book(job(person))
        deliver(clock)
        customers.update_customer(customer_id=person.pk, actor=None, email="hill@example.com")
        record_bounce(message_id=CustomerMessage.objects.get().pk, error="gone")
        person.refresh_from_db()
        assert not person.email_bounced


def test_a_merge_moves_the_messages(clock: time_machine.Traveller) -> None:
    person, other = customer(), customer(name="G. Hill", email="", accepts_emails=False)
    book(job(person))
    deliver(clock)
    customers.merge_customers(customer_id=other.pk, other_id=person.pk, actor=None)
    message = CustomerMessage.objects.get()
    assert message.customer_id == other.pk
    other.refresh_from_db()
    assert (other.email, other.accepts_emails) == (EMAIL, False)
