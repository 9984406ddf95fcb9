"""Replacements for bookings that cannot stay: at the same time first, then at other times, fitting together."""

from datetime import timedelta
from decimal import Decimal
from itertools import combinations
from random import Random

import pytest
from pytest_django import DjangoAssertNumQueries

from assignments.availability import is_free
from assignments.calendars import load_calendar
from assignments.eligibility import unmet_rules
from assignments.models import Assignment
from assignments.services import reassign_assignment, reschedule_assignment
from assignments.wanted_time import moved_by
from contractors.models import Contractor
from contractors.services import add_absence, mark_on_leave
from jobs.requirements import JobRequest
from recommendations import replacements
from recommendations.replacements import MOST_AT_THE_TIME, Offers, offer_replacements
from smartscheduler.rules.current import current_rules
from smartscheduler.timeslots import TimeSlot
from smartscheduler.travel.estimates import known_site
from tests.factories import AssignmentFactory, ContractorFactory, JobFactory, at

pytestmark = pytest.mark.django_db


@pytest.fixture
def ill() -> Contractor:
    return ContractorFactory(name="Ida Ill")


def bookings_of(contractor: Contractor, *hours: int, days: int = 2) -> list[Assignment]:
    bookings = [AssignmentFactory(contractor=contractor, start=at(hour, days=days)) for hour in hours]
    add_absence(contractor_id=contractor.pk, period=TimeSlot(at(0, days=days), at(0, days=days + 1)), actor=None)
    return bookings


def offers_for(bookings: list[Assignment], **options: object) -> list[Offers]:
    return offer_replacements(bookings, current_rules(), **options)  # type: ignore[arg-type]


def test_those_free_at_the_same_time_come_first_the_best_of_them_at_the_top(ill: Contractor) -> None:
    good, best = ContractorFactory(rating=Decimal("4.00")), ContractorFactory(rating=Decimal("4.50"))
    busy = ContractorFactory(rating=Decimal("5.00"))
    AssignmentFactory(contractor=busy, start=at(8, days=2))
    (booking,) = bookings_of(ill, 9)
    (offers,) = offers_for([booking])
    assert [option.contractor for option in offers.replacements if option.keeps_time] == [best, good]
    assert offers.chosen == offers.replacements[0]
    assert offers.chosen.slot == booking.slot
    other_times = [option for option in offers.replacements if not option.keeps_time]
    assert [option.contractor for option in other_times[:1]] == [busy]
    assert moved_by(other_times[0].slot, booking) == "1 h later than booked"


def test_without_one_at_the_same_time_another_time_is_offered_and_named(ill: Contractor) -> None:
    busy = ContractorFactory()
    AssignmentFactory(contractor=busy, start=at(10, days=2))
    (booking,) = bookings_of(ill, 9)
    (offers,) = offers_for([booking])
    assert offers.chosen is not None
    assert (offers.chosen.contractor, offers.chosen.keeps_time) == (busy, False)
    assert offers.chosen.slot.start == at(8, days=2)
    assert moved_by(offers.chosen.slot, booking) == "1 h earlier than booked"


def test_the_ill_contractor_is_offered_the_next_day_unless_they_leave(ill: Contractor) -> None:
    (booking,) = bookings_of(ill, 9)
    (offers,) = offers_for([booking])
    assert [(option.contractor, option.keeps_contractor) for option in offers.replacements] == [(ill, True)] * 2
    assert offers.replacements[0].slot.start == at(9, days=3)
    assert offers_for([booking], own=False) == [Offers(booking, [], None)]
    mark_on_leave(contractor_id=ill.pk, actor=None)
    booking.refresh_from_db()
    assert offers_for([booking]) == [Offers(booking, [], None)]


def test_one_contractor_is_not_offered_for_two_visits_at_once() -> None:
    """Two ill contractors with visits at the same time; the better replacement goes to one, the other to the other."""
    first, second = bookings_of(ContractorFactory(), 9)[0], bookings_of(ContractorFactory(), 10)[0]
    better, other = ContractorFactory(rating=Decimal("5.00")), ContractorFactory(rating=Decimal("3.00"))
    offered = offers_for([first, second])
    assert {offers.chosen.contractor for offers in offered if offers.chosen} == {better, other}
    assert_fit_together(offered)


def test_a_drive_that_is_too_long_counts_as_well() -> None:
    """The visits follow each other without a gap; the sites are an hour apart."""
    near, far = JobFactory(status="assigned"), JobFactory(status="assigned", latitude=Decimal("30.7000000"))
    first = AssignmentFactory(job=near, start=at(9, days=2))
    second = AssignmentFactory(job=far, start=at(11, days=2))
    for booking in (first, second):
        mark_on_leave(contractor_id=booking.contractor_id, actor=None)
    first, second = Assignment.objects.select_related("job", "contractor").order_by("time_slot")
    only = ContractorFactory()
    of_first, of_second = offers_for([first, second])
    assert [offers.chosen and offers.chosen.contractor for offers in (of_first, of_second)].count(only) >= 1
    assert_fit_together([of_first, of_second])
    assert sum(1 for offers in (of_first, of_second) if offers.chosen and offers.chosen.keeps_time) == 1


def test_as_many_as_possible_keep_their_time() -> None:
    """Only one replacement has the skill; the other booking must leave it to that row."""
    plain = bookings_of(ContractorFactory(), 9)[0]
    job = JobFactory(status="assigned", required_skills=["oak"])
    skilled = AssignmentFactory(contractor=ContractorFactory(skills=["oak"]), job=job, start=at(9, days=2))
    mark_on_leave(contractor_id=skilled.contractor_id, actor=None)
    skilled = Assignment.objects.select_related("job", "contractor").get(pk=skilled.pk)
    both = ContractorFactory(skills=["oak"], rating=Decimal("5.00"))
    other = ContractorFactory(rating=Decimal("1.00"))
    of_plain, of_skilled = offers_for([plain, skilled])
    assert of_plain.chosen is not None
    assert of_skilled.chosen is not None
    assert (of_plain.chosen.contractor, of_skilled.chosen.contractor) == (other, both)


def test_twelve_visits_at_the_same_time_get_twelve_contractors() -> None:
    """More than are offered for each of them."""
    bookings = [bookings_of(ContractorFactory(), 9)[0] for _ in range(12)]
    ContractorFactory.create_batch(12)
    offered = offers_for(bookings)
    assert len({offers.chosen.contractor for offers in offered if offers.chosen and offers.chosen.keeps_time}) == 12
    assert_fit_together(offered)


def test_a_search_reads_a_bounded_number_of_calendars(ill: Contractor, monkeypatch: pytest.MonkeyPatch) -> None:
    """The best contractors are not free, and the search stops before it reaches one who is."""
    monkeypatch.setattr(replacements, "CALENDARS_AT_THE_TIME", 5)
    monkeypatch.setattr(replacements, "CALENDARS_AT_OTHER_TIMES", 5)
    for busy in ContractorFactory.create_batch(30, rating=Decimal("5.00")):
        AssignmentFactory(contractor=busy, start=at(9, days=2))
    ContractorFactory(rating=Decimal("1.00"))
    (booking,) = bookings_of(ill, 9)
    (offers,) = offers_for([booking], own=False)
    assert offers.chosen is not None
    assert not offers.chosen.keeps_time


def test_work_that_has_started_has_no_replacement(ill: Contractor) -> None:
    started = AssignmentFactory(
        contractor=ill, start=at(9, days=2), status="in_progress", confirmed_at=at(0), started_at=at(0)
    )
    ContractorFactory()
    assert offers_for([started]) == [Offers(started, [], None)]


class TestMoveDay:
    def test_the_same_contractor_comes_first_on_the_next_free_day(self, ill: Contractor) -> None:
        ContractorFactory(rating=Decimal("5.00"))
        booking = AssignmentFactory(contractor=ill, start=at(9, 15, days=2))
        AssignmentFactory(
            contractor=ill, start=at(8, days=3), job=JobFactory(duration=timedelta(hours=8), status="assigned")
        )
        (offers,) = offers_for([booking], after=at(0, days=2).date())
        assert offers.chosen is not None
        assert (offers.chosen.contractor, offers.chosen.slot.start) == (ill, at(9, 15, days=4))
        assert moved_by(offers.chosen.slot, booking) == "2 days later than booked"
        assert all(option.slot.start >= at(0, days=3) for option in offers.replacements)

    def test_eight_jobs_of_four_contractors_fit_together(self) -> None:
        crews = ContractorFactory.create_batch(4)
        bookings = [AssignmentFactory(contractor=crew, start=at(hour, days=2)) for crew in crews for hour in (8, 11)]
        offered = offers_for(bookings, after=at(0, days=2).date())
        assert [offers.chosen and moved_by(offers.chosen.slot, offers.booking) for offers in offered] == [
            "1 day later than booked"
        ] * 8
        assert all(offers.chosen and offers.chosen.keeps_contractor for offers in offered)
        assert_fit_together(offered)

    def test_visits_that_would_collide_on_the_next_day_get_different_starts(self, ill: Contractor) -> None:
        """On the next day, only the morning is free, for both visits one after the other."""
        bookings = [AssignmentFactory(contractor=ill, start=at(hour, days=2)) for hour in (8, 13)]
        add_absence(contractor_id=ill.pk, period=TimeSlot(at(12, days=3), at(0, days=4)), actor=None)
        offered = offers_for(bookings, after=at(0, days=2).date())
        assert [offers.chosen and offers.chosen.slot.start for offers in offered] == [at(8, days=3), at(10, days=3)]


def assert_fit_together(offered: list[Offers]) -> None:
    """Each offer of a row fits with what is chosen for the other rows, and with all bookings."""
    rules = current_rules()
    for offers, other in combinations(offered, 2):
        for row, others in ((offers, other), (other, offers)):
            for option in row.replacements:
                if others.chosen and option.contractor == others.chosen.contractor:
                    assert not option.slot.overlaps(others.chosen.slot)
    for offers in offered:
        request, site = JobRequest.of(offers.booking.job), known_site(offers.booking.job.point)
        for option in offers.replacements:
            calendar = load_calendar(option.contractor, option.slot, rules, request=JobRequest.of(offers.booking.job))
            assert is_free(calendar, option.slot, site, rules)
            assert not unmet_rules(option.contractor, request, miles=site.miles_from(option.contractor.point))


def test_in_random_worlds_all_chosen_can_be_booked_one_after_the_other(dice: Random) -> None:
    for _ in range(4):
        crews = [ContractorFactory(rating=Decimal(dice.randint(0, 500)) / 100) for _ in range(6)]
        ill = crews[: dice.randint(1, 3)]
        for crew in crews:
            for hour in dice.sample((8, 10, 12, 14), dice.randint(1, 3)):
                latitude = Decimal("30.2672000") + Decimal(dice.randint(-200, 200)) / 1000
                job = JobFactory(status="assigned", latitude=latitude)
                AssignmentFactory(contractor=crew, job=job, start=at(hour, days=2), status="pending")
        for crew in ill:
            mark_on_leave(contractor_id=crew.pk, actor=None)
        bookings = list(Assignment.objects.live().filter(contractor__in=ill).select_related("job", "contractor"))
        offered = offers_for(bookings)
        assert_fit_together(offered)
        for offers in offered:
            if chosen := offers.chosen:
                moved = reassign_assignment(
                    assignment_id=offers.booking.pk,
                    contractor_id=chosen.contractor.pk,
                    start=chosen.slot.start,
                    actor=None,
                )
                assert moved.slot == chosen.slot
        Contractor.objects.update(status="inactive")


def test_a_chosen_move_of_the_same_contractor_can_be_booked(ill: Contractor) -> None:
    bookings = [AssignmentFactory(contractor=ill, start=at(hour, days=2)) for hour in (8, 10, 13)]
    for offers in offers_for(bookings, after=at(0, days=2).date()):
        assert offers.chosen is not None
        reschedule_assignment(assignment_id=offers.booking.pk, start=offers.chosen.slot.start, actor=None)


def test_thirty_bookings_need_hardly_more_queries_than_three(
    ill: Contractor, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    ContractorFactory.create_batch(20)
    bookings = [AssignmentFactory(contractor=ill, start=at(9, days=days)) for days in range(2, 32)]
    current_rules()
    with django_assert_max_num_queries(24) as few:
        offers_for(bookings[:3])
    with django_assert_max_num_queries(len(few) + 6):
        offered = offers_for(bookings)
    assert all(len(offers.replacements) >= MOST_AT_THE_TIME for offers in offered)


@pytest.mark.parametrize(
    ("hour", "minute", "days", "text"),
    [
        (9, 0, 2, ""),
        (7, 30, 2, "1 h 30 min earlier than booked"),
        (9, 45, 2, "45 min later than booked"),
        (9, 0, 3, "1 day later than booked"),
        (11, 0, 4, "2 days later than booked and 2 h later in the day"),
    ],
)
def test_a_change_of_the_booked_time_is_named(hour: int, minute: int, days: int, text: str) -> None:
    booking = AssignmentFactory(start=at(9, days=2))
    start = at(hour, minute, days=days)
    assert moved_by(TimeSlot(start, start + timedelta(hours=2)), booking) == text
