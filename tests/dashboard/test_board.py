"""The board: a row for each requested contractor with the events of the day."""

import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from psycopg.types.range import TimestamptzRange

from assignments.models import Assignment, Conflict
from contractors.models import Contractor
from contractors.working_week import Shift
from jobs.models import Job
from smartscheduler.accounts.permissions import Role
from smartscheduler.dashboard.board import Board, Stretch, board, some_lanes
from smartscheduler.dashboard.question import Question
from smartscheduler.rules.current import current_rules
from tests.factories import (
    AbsenceFactory,
    AssignmentFactory,
    ContractorFactory,
    JobFactory,
    UserFactory,
    at,
    many_contractors,
)
from tests.pages import signed_in

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 24)
# In Austin it is 22:00 on the 24th, in Honolulu 18:00 on the 24th, in UTC the 25th.
LATE = datetime(2026, 11, 25, 4, tzinfo=UTC)


def austin(hour: int, minute: int = 0, day: int = 24) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC) + timedelta(hours=6)


def shown(**asked: Any) -> Board:
    return board(Question(day=DAY, **asked), LATE, current_rules())


def test_a_lane_has_hours_absences_bookings_and_the_drives_between_them() -> None:
    person = ContractorFactory(hours=[Shift(2, time(8), time(12)), Shift(2, time(13), time(17))])
    AbsenceFactory(contractor=person, period=TimestamptzRange(austin(15), austin(9, day=25), "[)"))
    first = AssignmentFactory(contractor=person, start=austin(8))
    far = JobFactory(status="assigned", latitude=Decimal("30.3672"), duration=timedelta(hours=1))
    second = AssignmentFactory(contractor=person, job=far, start=austin(13))
    (lane,) = shown().lanes
    assert lane.work == [Stretch(480, 720), Stretch(780, 1020)]
    assert lane.absences == [Stretch(900, 1440, "Leave")]
    assert [(block.booking.pk, block.stretch.start, block.stretch.end) for block in lane.blocks] == [
        (first.pk, 480, 600),
        (second.pk, 780, 840),
    ]
    assert lane.drives == [Stretch(764, 780, "16 min drive")]
    assert lane.zone == "CST"


def test_a_lane_can_be_a_day_by_its_own_clock_and_cancelled_bookings_are_gone() -> None:
    far = ContractorFactory(time_zone="Pacific/Honolulu")
    AssignmentFactory(contractor=far, start=datetime(2026, 11, 25, 8, tzinfo=UTC))  # 22:00 of the 24th there
    near = ContractorFactory()
    AssignmentFactory(contractor=near, start=austin(0, day=25))
    gone = AssignmentFactory(contractor=near, start=austin(9))
    Assignment.objects.filter(pk=gone.pk).update(status="cancelled", cancelled_at=LATE)
    lanes = {lane.contractor.pk: lane for lane in shown(clock="local").lanes}
    assert [block.stretch for block in lanes[far.pk].blocks] == [Stretch(1320, 1440)]
    assert lanes[near.pk].blocks == []


def test_the_axis_shows_the_working_hours_and_goes_as_far_as_the_bookings() -> None:
    def hours() -> list[tuple[int, int]]:
        return [(column.first // 60, column.last // 60) for column in shown().columns]

    person = ContractorFactory()
    assert hours() == [(8, 17)]
    AssignmentFactory(contractor=person, start=austin(4, 30))
    late = AssignmentFactory(contractor=person, start=austin(20))
    assert hours() == [(4, 22)]
    Assignment.objects.filter(pk=late.pk).update(status="cancelled", cancelled_at=LATE)
    assert hours() == [(4, 17)]


def test_all_lanes_are_on_the_clock_of_most_of_them() -> None:
    ContractorFactory.create_batch(2, name="Chicago")
    far = ContractorFactory(name="Eastern", time_zone="America/New_York")
    AssignmentFactory(contractor=far, start=austin(9))
    lane = next(lane for lane in shown().lanes if lane.contractor == far)
    assert (lane.zone, lane.offset) == ("EST", "+1 h")
    assert lane.work == [Stretch(7 * 60, 16 * 60)]
    assert [block.stretch for block in lane.blocks] == [Stretch(9 * 60, 11 * 60)]
    assert {lane.offset for lane in shown().lanes if lane.contractor != far} == {""}
    assert (shown().zone, shown().clock) == ("CST", "America/Chicago")


def test_the_clock_can_be_chosen() -> None:
    person = ContractorFactory()
    AssignmentFactory(contractor=person, start=austin(9))

    def start(clock: str) -> int:
        (lane,) = shown(clock=clock).lanes
        return lane.blocks[0].stretch.start // 60

    assert [start(clock) for clock in ("", "America/Los_Angeles", "local")] == [9, 7, 9]
    assert shown(clock="local").heading == "Tuesday, November 24 · today · local time of each row"
    assert shown().heading == "Tuesday, November 24 · today · times in CST"


def test_several_days_are_the_next_three_or_the_week() -> None:
    person = ContractorFactory()
    AssignmentFactory(contractor=person, start=austin(9))
    AssignmentFactory(contractor=person, start=austin(9, day=26))
    far = JobFactory(status="assigned", latitude=Decimal("30.3672"))
    AssignmentFactory(contractor=person, job=far, start=austin(9, day=27))
    three, week = shown(days=3), shown(days=7)
    assert [(board.day.day, len(board.blocks)) for board in (shown(), three, week)] == [(24, 1), (24, 2), (23, 3)]
    assert [block.stretch.start for block in three.blocks] == [9 * 60, 57 * 60]
    assert (three.previous.day, three.next.day, week.previous.day, week.next.day) == (21, 27, 16, 30)
    assert week.heading == "Mon, Nov 23 to Sun, Nov 29 · times in CST"
    # No drive from the site of one day to that of the next.
    assert [lane.drives for lane in week.lanes] == [[]]


def test_a_booking_is_late_or_in_conflict() -> None:
    def states() -> list[tuple[bool, bool]]:
        return [(block.is_late, block.conflicts) for block in shown().blocks]

    person = ContractorFactory()
    early = AssignmentFactory(contractor=person, start=austin(8))
    AssignmentFactory(contractor=person, start=austin(23))
    assert states() == [(True, False), (False, False)]
    assert [block.is_waiting for block in shown().blocks] == [True, False]
    Assignment.objects.filter(pk=early.pk).update(
        status="completed", confirmed_at=LATE, started_at=LATE, completed_at=LATE
    )
    for booking in Assignment.objects.all():
        Conflict.objects.create(assignment=booking, rules=["absent"], found_at=LATE)
    # What is over is no conflict.
    assert states() == [(False, False), (False, True)]


def test_today_is_where_most_of_them_are() -> None:
    ContractorFactory.create_batch(2)
    ContractorFactory(time_zone="Pacific/Auckland")
    assert board(Question(), LATE, current_rules()).day == DAY
    assert board(Question(), LATE, current_rules()).is_today
    assert board(Question(day=DAY + timedelta(days=1)), LATE, current_rules()).is_today is False


def test_finds_whom_was_asked_for() -> None:
    ann = ContractorFactory(name="Ann Mason", type="tile", city="Dallas", skills=["Stairs"])
    bob = ContractorFactory(name="Bob Miller", status="on_leave")
    cid = ContractorFactory(name="Cid Moore")
    AssignmentFactory(contractor=cid, start=austin(9))

    reader = UserFactory()

    def names(query: str) -> list[str]:
        question = Question.of(QueryDict(f"day={DAY}&{query}"), reader)
        return [lane.contractor.name.split()[0] for lane in board(question, LATE, current_rules()).lanes]

    assert names("") == ["Ann", "Cid"]
    assert names("q=mas") == names("q=stairs") == names("q=ann dallas") == ["Ann"]
    assert names("type=tile") == names("city=dallas") == ["Ann"]
    assert names("status=on_leave") == ["Bob"]
    assert names("status=any") == ["Ann", "Bob", "Cid"]
    assert names("show=booked") == ["Cid"]
    assert names("show=free") == ["Ann"]
    assert names("q=nobody") == []
    # What makes no sense counts as not said.
    assert names("type=x&status=y&show=z") == ["Ann", "Cid"]
    assert [ann.name, bob.name] == ["Ann Mason", "Bob Miller"]


def test_some_lanes_alone_and_only_those_of_the_question() -> None:
    ann, bob = ContractorFactory(name="Ann"), ContractorFactory(name="Bob", type="tile")
    lanes = some_lanes([ann.pk, bob.pk], Question(day=DAY, type="tile"), LATE, current_rules())
    assert [lane.contractor.name for lane in lanes] == ["Bob"]


def test_it_costs_the_same_at_any_number_of_lanes() -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            shown()
        return len(captured)

    ContractorFactory()
    AssignmentFactory(start=austin(9))
    few = cost()
    many_contractors(60)
    for hour in range(8):
        AssignmentFactory(start=austin(hour))
    assert cost() == few <= 8


class TestThePages:
    @pytest.fixture
    def booking(self) -> Assignment:
        return AssignmentFactory(start=at(9, days=1))

    def test_the_block_carries_what_the_scripts_need(self, booking: Assignment) -> None:
        day = at(9, days=1).date()
        page = signed_in().get(f"/?day={day}").content.decode()
        assert f'data-assignment="{booking.pk}"' in page
        assert 'data-from="540" data-to="660"' in page
        assert "data-movable" in page
        assert "data-movable" not in signed_in(Role.MANAGER).get(f"/?day={day}").content.decode()

    def test_what_is_under_way_is_not_movable(self, booking: Assignment) -> None:
        Assignment.objects.update(status="in_progress", confirmed_at=at(8, days=1), started_at=at(9, days=1))
        assert "data-movable" not in signed_in().get(f"/?day={at(9, days=1).date()}").content.decode()

    def test_a_name_cannot_break_out(self) -> None:
        ContractorFactory(name='"><script>alert(1)</script>')
        page = signed_in().get("/").content.decode()
        assert "<script>alert" not in page

    def test_lanes_of_a_few(self, booking: Assignment) -> None:
        other = ContractorFactory()
        day = at(9, days=1).date()
        page = signed_in().get(f"/live/lanes/?day={day}&contractors={booking.contractor_id},nonsense").content.decode()
        assert re.findall(r'data-lane="([-0-9a-f]+)"', page) == [str(booking.contractor_id)]
        assert str(other.pk) not in page
        assert signed_in().get(f"/live/lanes/?contractors={other.pk}").status_code == 404

    def test_fits_say_when_or_why_not(self, booking: Assignment) -> None:
        wrong = ContractorFactory(type="tile")
        day = at(9, days=1).date()
        fits = signed_in().get(f"/live/fits/?job={booking.job_id}&day={day}").json()
        assert fits[str(wrong.pk)]["starts"] == []
        assert "does tile" in fits[str(wrong.pk)]["reason"]
        first = fits[str(booking.contractor_id)]["starts"][0]
        assert (first["minute"], datetime.fromisoformat(first["start"])) == (480, at(8, days=1))

    def test_fits_keep_to_the_arrival_window_unless_the_reader_may_break_it(self, booking: Assignment) -> None:
        Job.objects.update(window_start=at(8, days=1), window_end=at(10, days=1))
        address = f"/live/fits/?job={booking.job_id}&day={at(9, days=1).date()}"
        row = signed_in().get(address).json()[str(booking.contractor_id)]
        assert [start["minute"] for start in row["starts"]] == [480, 510, 540, 570, 600]
        assert (row["window"]["from"], row["window"]["to"]) == (480, 600)
        assert "8:00–10:00 AM" in row["window"]["text"]
        assert not any(start["breaks"] for start in row["starts"])
        wide = signed_in(Role.ADMINISTRATOR).get(address).json()[str(booking.contractor_id)]["starts"]
        assert [start["minute"] for start in wide if not start["breaks"]] == [480, 510, 540, 570, 600]
        assert [start["minute"] for start in wide if start["breaks"]][:2] == [630, 660]

    def test_a_bracket_shows_the_arrival_window(self, booking: Assignment) -> None:
        Job.objects.update(window_start=at(8, days=1), window_end=at(10, days=1))
        address = f"/?day={at(9, days=1).date()}"
        page = signed_in().get(address).content.decode()
        assert '<span class="promise" data-from="480" data-to="600" aria-hidden="true">' in page
        assert "arrival window: " in page
        Job.objects.update(window_start=at(10, days=1), window_end=at(12, days=1))
        page = signed_in().get(address).content.decode()
        assert 'class="promise broken"' in page
        assert "starts outside the arrival window" in page

    def test_fits_are_on_the_clock_of_the_board_and_for_the_rows_that_are_named(self, booking: Assignment) -> None:
        other = ContractorFactory(time_zone="America/New_York")
        address = f"/live/fits/?job={booking.job_id}&day={at(9, days=1).date()}&contractors={other.pk}"
        assert list(signed_in().get(address).json()) == [str(other.pk)]
        starts = {
            clock: signed_in().get(f"{address}&clock={clock}").json()[str(other.pk)]["starts"][0]["minute"]
            for clock in ("America/Chicago", "America/New_York", "local")
        }
        assert starts == {"America/Chicago": 420, "America/New_York": 480, "local": 480}

    def test_a_block_says_customer_and_street_to_those_who_may_see_them(self, booking: Assignment) -> None:
        Job.objects.update(customer_name="Zoe Ortiz", address="12 Elm Street")
        day = at(9, days=1).date()
        page = signed_in().get(f"/?day={day}").content.decode()
        assert "Zoe Ortiz" in page
        assert "12 Elm Street, " in page
        manager = signed_in(Role.MANAGER).get(f"/?day={day}").content.decode()
        assert booking.job.job_number in manager
        assert "Zoe Ortiz" not in manager
        assert "12 Elm Street" not in manager

    def test_a_block_names_the_states_that_it_can_change_to(self, booking: Assignment) -> None:
        day = at(9, days=1).date()
        assert 'data-transitions="cancelled confirmed"' in signed_in().get(f"/?day={day}").content.decode()
        Assignment.objects.update(status="in_progress", confirmed_at=at(8, days=1), started_at=at(9, days=1))
        assert 'data-transitions="cancelled completed"' in signed_in().get(f"/?day={day}").content.decode()

    def test_what_makes_no_sense_as_a_clock_or_number_of_days_is_ignored(self, booking: Assignment) -> None:
        page = signed_in().get("/?clock=Mars/Olympus&days=500").content.decode()
        assert 'data-days="1" data-clock="America/Chicago"' in page

    def test_fits_say_how_the_ranking_sees_each_row(self) -> None:
        first, second = ContractorFactory(rating="5.00"), ContractorFactory(rating="3.00")
        outside = ContractorFactory(type="tile")
        job = JobFactory(desired_date=at(11, 10, days=1))
        address = f"/live/fits/?job={job.pk}&day={at(9, days=1).date()}"
        fits = signed_in().get(address).json()
        assert [(fits[str(row.pk)]["rank"], fits[str(row.pk)]["isOverride"]) for row in (first, second, outside)] == [
            (1, False),
            (2, True),
            (None, True),
        ]
        assert fits[str(first.pk)]["aim"] == 11 * 60 + 10
        starts = {start["minute"]: start["apart"] for start in fits[str(first.pk)]["starts"]}
        assert starts[11 * 60 + 10] == ""  # the desired time is a start, off the grid too
        assert starts[8 * 60] == "3 h 10 min earlier than desired"
        later = signed_in().get(address.replace(f"{at(9, days=1).date()}", f"{at(9, days=2).date()}")).json()
        assert later[str(first.pk)]["aim"] == 11 * 60 + 10

    def test_who_has_the_job_does_not_count_as_the_first(self, booking: Assignment) -> None:
        Contractor.objects.update(rating="5.00")
        second, third = ContractorFactory(rating="4.00"), ContractorFactory(rating="3.00")
        fits = signed_in().get(f"/live/fits/?job={booking.job_id}&day={at(9, days=1).date()}").json()
        overrides = [fits[str(row.pk)]["isOverride"] for row in (booking.contractor, second, third)]
        assert overrides == [False, False, True]

    def test_fits_are_for_those_who_assign(self, booking: Assignment) -> None:
        address = f"/live/fits/?job={booking.job_id}"
        assert signed_in(Role.MANAGER).get(address).status_code == 403
        assert signed_in().get("/live/fits/?job=nonsense").status_code == 404

    @pytest.mark.parametrize("address", ["/live/", "/live/lanes/", "/live/fits/", "/live/map/", "/live/jobs/{}/"])
    def test_strangers_and_writers_are_kept_out(self, client: Client, booking: Assignment, address: str) -> None:
        assert client.get(address.format(booking.job_id)).status_code == 401
        assert signed_in().post(address.format(booking.job_id)).status_code == 405

    def test_the_panel_ranks_explains_and_offers(self) -> None:
        job, best = JobFactory(), ContractorFactory(name="Ann Best")
        page = signed_in().get(f"/live/jobs/{job.pk}/").content.decode()
        assert f'data-candidate="{best.pk}"' in page
        assert "Rank 1: Ann Best" in page
        assert "Assign" in page
        manager = signed_in(Role.MANAGER).get(f"/live/jobs/{job.pk}/").content.decode()
        assert "Rank 1: Ann Best" in manager
        assert "Assign<" not in manager

    def test_the_panel_of_a_booked_job_offers_to_move_it(self, booking: Assignment) -> None:
        page = signed_in().get(f"/live/jobs/{booking.job_id}/").content.decode()
        assert booking.contractor.name in page
        assert "Reassign" in page

    def test_the_panel_of_a_job_that_is_over_says_so(self) -> None:
        job = JobFactory(status="cancelled", cancelled_at=LATE, cancel_reason="Sold the house")
        page = signed_in().get(f"/live/jobs/{job.pk}/").content.decode()
        assert "This job is canceled." in page
        assert "Sold the house" in page
        assert "data-offer" not in page

    def test_the_panel_says_why_not(self) -> None:
        job = JobFactory()
        ContractorFactory(name="Tim Tiler", type="tile")
        page = signed_in().get(f"/live/jobs/{job.pk}/?q=tiler").content.decode()
        assert "Tim Tiler does tile jobs, but this is a flooring job." in page
        assert "No contractor has this name" in signed_in().get(f"/live/jobs/{job.pk}/?q=nobody").content.decode()

    def test_the_map_has_bases_sites_and_open_jobs(self, booking: Assignment) -> None:
        job = JobFactory()
        layers = signed_in().get(f"/live/map/?day={at(9, days=1).date()}").json()
        assert [base["id"] for base in layers["bases"]] == [str(booking.contractor_id)]
        assert {(site["id"], site["status"]) for site in layers["sites"]} == {
            (str(booking.job_id), "pending"),
            (str(job.pk), "open"),
        }

    def test_the_page_costs_the_same_at_any_number(self) -> None:
        client = signed_in()

        def cost() -> int:
            with CaptureQueriesContext(connection) as captured:
                assert client.get(f"/?day={DAY}").status_code == 200
            return len(captured)

        with time_machine.travel(LATE, tick=False):
            AssignmentFactory(start=austin(9))
            few = cost()
            many_contractors(50)
            JobFactory.create_batch(20)
            for hour in range(6):
                AssignmentFactory(start=austin(hour + 9))
            assert cost() == few <= 24
