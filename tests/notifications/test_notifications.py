"""Emails to contractors: once per event, in order, with a calendar entry."""

import smtplib
import unicodedata
from collections.abc import Callable
from datetime import timedelta
from typing import Any, NoReturn
from uuid import uuid4

import pytest
import time_machine
from django.core import mail as outbox
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.locmem import EmailBackend
from django.core.mail.message import EmailMessage
from django.utils import timezone
from icalendar import Calendar

from assignments.models import Assignment
from assignments.services import (
    assign_job,
    cancel_assignment,
    confirm_assignment,
    reassign_assignment,
    reschedule_assignment,
)
from contractors.models import Contractor
from jobs.models import Job
from jobs.services import update_job
from smartscheduler.core.formatting import local_slot
from smartscheduler.events.models import EventReader
from smartscheduler.leases.models import Lease
from smartscheduler.leases.services import Holder
from smartscheduler.notifications.deliver import LEASE, send_due_mails
from smartscheduler.notifications.enqueue import collect_mails
from smartscheduler.notifications.messages import written
from smartscheduler.notifications.models import MOST_ATTEMPTS, Mail
from smartscheduler.notifications.tasks import send_mails
from tests.events.numbers import number_events
from tests.factories import ContractorFactory, JobFactory, at

pytestmark = pytest.mark.django_db
UID = "{0.job_id}.{0.contractor_id}@example.com"


@pytest.fixture
def booking() -> Assignment:
    """A booking whose first mail is out."""
    job = JobFactory(customer_phone="(512) 555-0188", special_requirements="Mind the <dog> & the cat.")
    assignment = assign_job(job_id=job.pk, contractor_id=ContractorFactory().pk, start=at(9, days=2), actor=None)
    deliver()
    return assignment


def deliver() -> list[outbox.EmailMessage]:
    """What goes out once the relay has numbered what has happened."""
    number_events()
    before = len(outbox.outbox)
    send_mails()
    return outbox.outbox[before:]


def entry_of(message: EmailMessage) -> tuple[str, Any]:
    """The calendar entry of a message: its method, and its event."""
    (name, content, kind) = message.attachments[0]
    entry = Calendar.from_ical(content)
    assert (name, kind) == ("job.ics", f"text/calendar; method={entry['METHOD']}")
    (event,) = entry.walk("VEVENT")
    return str(entry["METHOD"]), event


def test_a_booking_is_told_with_all_that_one_needs(booking: Assignment) -> None:
    (message,) = outbox.outbox
    job = booking.job
    assert message.to == [booking.contractor.email]
    assert message.subject.startswith("New job: ")
    assert "9:00–11:00 AM" in message.subject
    assert isinstance(message, EmailMultiAlternatives)
    html = str(message.alternatives[0][0])
    for text in (
        job.job_number,
        job.address,
        job.customer_name.split()[0],
        "(512) 555-0188",
        "CST" if "CST" in html else "CDT",
    ):
        assert text in message.body
        assert text in html
    assert "Mind the <dog> & the cat." in message.body
    assert "Mind the &lt;dog&gt; &amp; the cat." in html
    method, event = entry_of(message)
    assert method == "REQUEST"
    assert (event["UID"], event["SEQUENCE"], event["STATUS"]) == (UID.format(booking), 0, "CONFIRMED")
    assert (event.decoded("DTSTART"), event.decoded("DTEND")) == (booking.slot.start, booking.slot.end)
    assert job.address in event["LOCATION"]
    assert event["ATTENDEE"] == f"mailto:{booking.contractor.email}"


def test_the_arrival_window_is_named_except_when_the_job_is_canceled(booking: Assignment) -> None:
    Job.objects.filter(pk=booking.job_id).update(window_start=booking.slot.start, window_end=at(10, days=2))
    booking = Assignment.objects.get(pk=booking.pk)
    assert booking.job.window
    window = local_slot(booking.job.window, booking.job.zone)
    for kind, is_named in ((Mail.Kind.ASSIGNED, True), (Mail.Kind.CHANGED, True), (Mail.Kind.CANCELLED, False)):
        message = written(Mail(id=uuid4(), kind=kind, assignment=booking, revision=0), now=timezone.now())
        page = message.alternatives[0][0]
        assert (f"The customer was promised that the work starts on {window}." in message.body) is is_named
        assert (f"<strong>{window}</strong>" in str(page)) is is_named


def test_each_change_is_a_later_version_of_the_same_entry(booking: Assignment) -> None:
    reschedule_assignment(assignment_id=booking.pk, start=at(13, days=2), actor=None)
    update_job(job_id=booking.job_id, special_requirements="No dog any more.", actor=None)
    messages = deliver()
    cancel_assignment(assignment_id=booking.pk, reason="The customer is ill", actor=None)
    messages += deliver()
    assert [message.subject.partition(":")[0] for message in messages] == ["Changed", "Changed", "Canceled"]
    entries = [entry_of(message) for message in messages]
    assert [(method, event["SEQUENCE"]) for method, event in entries] == [("REQUEST", 1), ("REQUEST", 2), ("CANCEL", 3)]
    assert {event["UID"] for _, event in entries} == {UID.format(booking)}
    assert entries[-1][1]["STATUS"] == "CANCELLED"
    assert "The customer is ill" in messages[-1].body
    assert len({message.extra_headers["Message-ID"] for message in messages}) == 3


def test_both_hear_of_a_reassignment(booking: Assignment) -> None:
    other = ContractorFactory()
    reassign_assignment(assignment_id=booking.pk, contractor_id=other.pk, actor=None)
    assert [(message.to, message.subject.partition(":")[0]) for message in deliver()] == [
        ([booking.contractor.email], "Canceled"),
        ([other.email], "New job"),
    ]


def test_what_does_not_concern_them_is_not_sent(booking: Assignment) -> None:
    confirm_assignment(assignment_id=booking.pk, actor=None)
    update_job(job_id=booking.job_id, priority="urgent", actor=None)
    update_job(job_id=JobFactory().pk, special_requirements="Nobody has this one.", actor=None)
    assert deliver() == []


def test_a_change_from_before_the_booking_is_no_news() -> None:
    job = JobFactory()
    update_job(job_id=job.pk, special_requirements="Ring twice.", actor=None)
    assign_job(job_id=job.pk, contractor_id=ContractorFactory().pk, start=at(9, days=2), actor=None)
    assert [message.subject.partition(":")[0] for message in deliver()] == ["New job"]


def test_nothing_is_sent_twice(booking: Assignment) -> None:
    assert deliver() == []
    EventReader.objects.filter(name="mails").update(sequence=0)
    with pytest.raises(Exception, match="notifications_mail_pkey"):
        collect_mails()


def test_what_is_over_is_not_told_any_more(booking: Assignment, monkeypatch: pytest.MonkeyPatch) -> None:
    reschedule_assignment(assignment_id=booking.pk, start=at(13, days=2), actor=None)
    later = timezone.now() + timedelta(days=5)
    monkeypatch.setattr(timezone, "now", lambda: later)
    assert deliver() == []
    assert Mail.objects.get(revision=1).state == Mail.State.SKIPPED


class TestAnotherSender:
    def lapse(self) -> None:
        Lease.objects.update(until=timezone.now() - timedelta(seconds=1))

    @pytest.fixture
    def frozen(self, booking: Assignment) -> Holder:
        """A sender that holds the lease and does nothing more, with a mail that is due."""
        holder = Holder(LEASE)
        assert holder.take()
        reschedule_assignment(assignment_id=booking.pk, start=at(13, days=2), actor=None)
        return holder

    def test_mails_go_on_when_the_lease_of_a_frozen_one_has_ended(self, frozen: Holder) -> None:
        assert deliver() == []
        self.lapse()
        assert len(deliver()) == 1
        assert not frozen.renew()

    def test_one_that_wakes_up_makes_no_sent_mail_wait_again(
        self, frozen: Holder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def wakes_up_late(server: Any, messages: Any) -> NoReturn:
            """Another sender sends the same email while this connection breaks."""
            monkeypatch.undo()
            self.lapse()
            assert send_due_mails() == 1
            raise ConnectionResetError("too late")

        frozen.give_back()
        monkeypatch.setattr(EmailBackend, "send_messages", wakes_up_late)
        assert len(deliver()) == 1
        mail = Mail.objects.get(revision=1)
        assert (mail.state, mail.attempts, mail.error) == (Mail.State.SENT, 1, "")


class TestTheServerRefuses:
    @pytest.fixture
    def refuse(self, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
        """Make the mail server answer with the errors given, one a message, and then work."""
        working = EmailBackend.send_messages

        def arrange(*errors: Any) -> None:
            left = list(errors)

            def send_messages(server: Any, messages: Any) -> int:
                if left:
                    raise left.pop(0)
                return working(server, messages)

            monkeypatch.setattr(EmailBackend, "send_messages", send_messages)

        return arrange

    def test_it_is_tried_again_later_and_the_later_ones_wait_for_it(
        self, booking: Assignment, refuse: Callable[..., Any]
    ) -> None:
        refuse(ConnectionRefusedError("nobody there"))
        reschedule_assignment(assignment_id=booking.pk, start=at(13, days=2), actor=None)
        cancel_assignment(assignment_id=booking.pk, reason="Over", actor=None)
        with time_machine.travel(timezone.now(), tick=False):
            assert deliver() == []
            failed_at = timezone.now()
        failed, later = Mail.objects.filter(state=Mail.State.WAITING).order_by("revision")
        assert (failed.attempts, later.attempts) == (1, 0)
        assert "nobody there" in failed.error
        assert timedelta(seconds=4) < failed.due_at - failed_at < timedelta(seconds=11)

        Mail.objects.filter(pk=failed.pk).update(due_at=timezone.now())
        assert [message.subject.partition(":")[0] for message in deliver()] == ["Changed", "Canceled"]
        assert Mail.objects.get(pk=failed.pk).error == ""

    def test_the_mails_of_others_go_out_all_the_same(self, booking: Assignment, refuse: Callable[..., Any]) -> None:
        refuse(smtplib.SMTPServerDisconnected("gone"))
        reschedule_assignment(assignment_id=booking.pk, start=at(13, days=2), actor=None)
        other = assign_job(
            job_id=JobFactory().pk, contractor_id=ContractorFactory().pk, start=at(9, days=3), actor=None
        )
        assert [message.to for message in deliver()] == [[other.contractor.email]]

    def test_an_address_that_takes_no_mail_is_not_tried_again(
        self, booking: Assignment, refuse: Callable[..., Any]
    ) -> None:
        refuse(smtplib.SMTPRecipientsRefused({booking.contractor.email: (550, b"No such user")}))
        reschedule_assignment(assignment_id=booking.pk, start=at(13, days=2), actor=None)
        deliver()
        assert Mail.objects.get(revision=1).state == Mail.State.FAILED

    def test_a_full_mailbox_is(self, booking: Assignment, refuse: Callable[..., Any]) -> None:
        refuse(smtplib.SMTPRecipientsRefused({booking.contractor.email: (452, b"Mailbox full")}))
        reschedule_assignment(assignment_id=booking.pk, start=at(13, days=2), actor=None)
        deliver()
        assert Mail.objects.get(revision=1).state == Mail.State.WAITING

    def test_after_ten_attempts_it_has_failed_and_can_be_sent_again(
        self, booking: Assignment, refuse: Callable[..., Any]
    ) -> None:
        refuse(*[OSError("down")] * MOST_ATTEMPTS)
        reschedule_assignment(assignment_id=booking.pk, start=at(13, days=2), actor=None)
        number_events()
        collect_mails()
        for _ in range(MOST_ATTEMPTS):
            Mail.objects.update(due_at=timezone.now())
            assert send_due_mails() == 0
        mail = Mail.objects.get(revision=1)
        assert (mail.state, mail.attempts) == (Mail.State.FAILED, MOST_ATTEMPTS)
        mail.send_again(at=timezone.now())
        mail.save()
        assert send_due_mails() == 1


def test_rows_from_before_put_nothing_into_headers_and_calendars(booking: Assignment) -> None:
    """Text that is refused today may stand in rows that were written earlier."""
    odd = "A\r\nBcc: eve@example.com\a\u202e"
    Contractor.objects.update(name=odd)
    Job.objects.update(city=odd, address=odd, customer_name=odd, special_requirements="one\ntwo\a\u202e")
    reschedule_assignment(assignment_id=booking.pk, start=at(11, days=2), actor=None)
    [message] = deliver()
    sent = message.message()
    assert "Bcc" not in sent
    assert "\n" not in sent["Subject"].replace("\n ", " ")
    _, event = entry_of(message)
    assert event["attendee"].params["CN"] == str(event["attendee"].params["CN"]) == "A Bcc: eve@example.com"
    texts = [message.subject, str(event["location"]), str(event["description"]), message.body]
    for text in texts:
        assert not {unicodedata.category(letter) for letter in text.replace("\n", "")} & {"Cc", "Cf"}
    assert "\nBcc:" not in message.body
    assert "\nBcc:" not in str(event["description"])
