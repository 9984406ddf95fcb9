"""Rows of the board: filters, order, groups, favorites, pages and saved views."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from psycopg.types.range import TimestamptzRange

from contractors.models import Contractor, Favorite
from contractors.services import MOST_FAVORITES, add_favorite, remove_favorite
from contractors.working_week import Shift
from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Role
from smartscheduler.adminsite.models import SavedView
from smartscheduler.core.formatting import local_time
from smartscheduler.dashboard.board import Board, board
from smartscheduler.dashboard.question import MOST_ROWS, PAGE_ROWS, Question
from smartscheduler.dashboard.rows import MOST_CHECKED
from smartscheduler.errors import InvalidInput
from smartscheduler.rules.current import current_rules
from tests.factories import (
    EVERY_DAY,
    AbsenceFactory,
    AssignmentFactory,
    ContractorFactory,
    JobFactory,
    UserFactory,
    many_contractors,
)
from tests.pages import signed_in

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 24)  # a Tuesday
# 6:00 on that day in Austin.
EARLY = datetime(2026, 11, 24, 12, tzinfo=UTC)
TUESDAY = [Shift(2, time(8), time(17))]
WEDNESDAY = [Shift(3, time(8), time(17))]
NEAR, FAR = Decimal("30.2700000"), Decimal("30.4700000")


def austin(hour: int, minute: int = 0, day: int = 24) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC) + timedelta(hours=6)


def absent(person: Contractor, start: datetime, end: datetime) -> None:
    AbsenceFactory(contractor=person, period=TimestamptzRange(start, end, "[)"))


def asked(query: str, reader: User | None = None, now: datetime = EARLY) -> Board:
    question = Question.of(QueryDict(f"day={DAY}&{query}"), reader or UserFactory())
    return board(question, now, current_rules())


def names(query: str, reader: User | None = None, now: datetime = EARLY) -> list[str]:
    return [lane.contractor.name for lane in asked(query, reader, now).lanes]


def notes(query: str, reader: User | None = None) -> dict[str, str]:
    return {row.contractor.name: row.note for row in asked(query, reader).page.rows}


def groups(query: str, reader: User | None = None) -> list[tuple[str, str, int]]:
    """Name, heading and number of each row."""
    rows = [(row.contractor.name, row.group) for row in asked(query, reader).page.rows]
    return [(name, str(group.name), group.count) for name, group in rows if group]


class TestOrder:
    def test_by_rating_then_by_name(self) -> None:
        ContractorFactory(name="Ann", rating=Decimal("3.00"))
        ContractorFactory(name="Cid", rating=Decimal("4.50"))
        ContractorFactory(name="Bob", rating=Decimal("4.50"))
        ContractorFactory(name="Dan", rating=Decimal(0), rating_count=0)
        assert names("sort=rating") == ["Bob", "Cid", "Ann", "Dan"]
        assert notes("sort=rating")["Bob"] == "4.50 stars"
        assert notes("sort=rating")["Dan"] == "not rated"

    def test_by_hours_free_without_absences_and_bookings(self) -> None:
        free, booked, away = (ContractorFactory(name=name, hours=TUESDAY) for name in ("Free", "Booked", "Away"))
        ContractorFactory(name="Off", hours=WEDNESDAY)
        AssignmentFactory(contractor=booked, start=austin(9))
        absent(away, austin(0), austin(12))
        absent(away, austin(11), austin(16))
        assert names("sort=hours_free") == [free.name, "Booked", "Away", "Off"]
        assert notes("sort=hours_free") == {
            "Free": "9 h free",
            "Booked": "7 h free",
            "Away": "1 h free",
            "Off": "not free",
        }

    def test_hours_free_count_from_now_on(self) -> None:
        ContractorFactory(name="Morning", hours=[Shift(2, time(6), time(14))])
        ContractorFactory(name="Evening", hours=[Shift(2, time(16), time(21))])
        assert names("sort=hours_free", now=austin(5)) == ["Morning", "Evening"]
        assert names("sort=hours_free", now=austin(12)) == ["Evening", "Morning"]

    def test_a_night_shift_and_another_time_zone_count_by_the_clock_of_the_board(self) -> None:
        ContractorFactory.create_batch(2, hours=WEDNESDAY)  # the board is in their time zone
        night = [Shift(2, time(22), time(0)), Shift(3, time(0), time(6))]
        ContractorFactory(name="Night", hours=night)
        ContractorFactory(name="Honolulu", hours=TUESDAY, time_zone="Pacific/Honolulu")
        values = notes("sort=hours_free")
        assert values["Night"] == "2 h free"
        # 8:00 to 17:00 there is 12:00 to 21:00 in Austin.
        assert values["Honolulu"] == "9 h free"
        assert notes("sort=hours_free&clock=local")["Honolulu"] == "9 h free"

    @pytest.mark.parametrize("day", ["2026-03-08", "2026-11-01"])
    def test_the_clock_changes(self, day: str) -> None:
        """A shift can end before it starts, in the hour that is left out."""
        ContractorFactory(name="Gap", hours=[Shift(0, time(2, 30), time(3))])
        ContractorFactory(name="Night", hours=[Shift(0, time(0), time(6))])
        question = Question.of(QueryDict(f"day={day}&sort=hours_free&working=1"), UserFactory())
        rows = board(question, datetime(2026, 1, 1, tzinfo=UTC), current_rules()).page.rows
        expected = "5 h free" if day == "2026-03-08" else "7 h free"
        assert [row.note for row in rows if row.contractor.name == "Night"] == [expected]

    def test_by_next_free_within_a_week(self) -> None:
        ContractorFactory(name="Now", hours=[Shift(2, time(5), time(17))])
        ContractorFactory(name="Tomorrow", hours=WEDNESDAY)
        later = ContractorFactory(name="Later", hours=TUESDAY)
        AssignmentFactory(contractor=later, start=austin(8))
        ContractorFactory(name="Monday", hours=[Shift(1, time(8), time(17))])
        never = ContractorFactory(name="Absent", hours=EVERY_DAY)
        absent(never, austin(0, day=1), austin(0, day=1) + timedelta(days=60))
        assert names("sort=next_free") == ["Now", "Later", "Tomorrow", "Monday", "Absent"]
        values = notes("sort=next_free")
        assert values["Now"] == "free now"
        assert values["Later"] == f"free {local_time(austin(10), ZoneInfo('America/Chicago'))}"
        assert values["Absent"] == "not free within a week"

    def test_a_gap_shorter_than_the_grid_is_not_free(self) -> None:
        person = ContractorFactory(name="Gap", hours=TUESDAY)
        for start in (austin(8), austin(10, 20), austin(12, 20)):
            AssignmentFactory(contractor=person, start=start)
        assert notes("sort=next_free")["Gap"] == f"free {local_time(austin(14, 20), ZoneInfo('America/Chicago'))}"

    def test_by_distance_to_the_selected_job(self) -> None:
        job = JobFactory(latitude=NEAR)
        ContractorFactory(name="Far", latitude=FAR)
        ContractorFactory(name="Near", latitude=NEAR)
        assert names(f"sort=distance&for_job={job.pk}") == ["Near", "Far"]
        assert notes(f"sort=distance&for_job={job.pk}") == {"Near": "0.0 mi", "Far": "13.8 mi"}
        # Without a job the rows are sorted by name, and the page says what to do.
        assert names("sort=distance") == ["Far", "Near"]

    def test_distances_of_blurred_places(self) -> None:
        """A reader without exact places sees distances between the centers of cells."""
        job = JobFactory(latitude=Decimal("30.2678000"))
        ContractorFactory(latitude=Decimal("30.2722000"))
        path = f"/?day={DAY}&sort=distance&for_job={job.pk}"
        assert "0.3 mi" in signed_in().get(path).content.decode()
        assert "0.0 mi" in signed_in(Role.MANAGER).get(path).content.decode()


class TestGroups:
    def test_cities_with_their_number_whatever_the_spelling(self) -> None:
        ContractorFactory(name="Bob", city="Dallas", zip_code="75201")
        ContractorFactory(name="Ann", city="Austin")
        ContractorFactory(name="Cid", city="AUSTIN")
        ContractorFactory(name="Dan", city="Dallas", status="inactive")
        assert groups("group=city") == [("Ann", "AUSTIN, TX", 2), ("Cid", "AUSTIN, TX", 2), ("Bob", "Dallas, TX", 1)]

    def test_metro_areas_are_named_after_their_most_frequent_city(self) -> None:
        ContractorFactory.create_batch(2, city="Austin", zip_code="78701")
        ContractorFactory(city="Pflugerville", zip_code="78760")
        ContractorFactory(city="Dallas", zip_code="75201")
        assert [heading for _name, heading, _count in groups("group=metro")] == [
            "Dallas, TX area (ZIP 752…)",
            *["Austin, TX area (ZIP 787…)"] * 3,
        ]

    def test_the_order_counts_within_a_group(self) -> None:
        ContractorFactory(name="Ann", city="Dallas", hours=WEDNESDAY)
        ContractorFactory(name="Bob", city="Austin", hours=WEDNESDAY)
        ContractorFactory(name="Cid", city="Austin", hours=TUESDAY)
        assert names("group=city&sort=hours_free") == ["Cid", "Bob", "Ann"]

    def test_each_page_begins_with_its_heading(self) -> None:
        ContractorFactory(name="Ann", city="Austin")
        ContractorFactory(name="Bob", city="Austin")
        page = signed_in().get(f"/live/?parts=board&day={DAY}&group=city&row=2").content.decode()
        assert page.count('class="group"') == 1
        assert "Ann" not in page


class TestFilters:
    def test_only_those_who_work_on_the_day(self) -> None:
        ContractorFactory(name="Works", hours=TUESDAY)
        ContractorFactory(name="Off", hours=WEDNESDAY)
        away, half = ContractorFactory(name="Away", hours=TUESDAY), ContractorFactory(name="Half", hours=TUESDAY)
        absent(away, austin(0), austin(12))
        absent(away, austin(12), austin(23))
        absent(half, austin(0), austin(12))
        overtime = ContractorFactory(name="Overtime", hours=WEDNESDAY)
        AssignmentFactory(contractor=overtime, start=austin(9))
        assert names("working=1") == ["Half", "Overtime", "Works"]

    def test_only_those_who_can_take_the_selected_job(self) -> None:
        job = JobFactory(desired_date=austin(12), duration=timedelta(hours=5))
        ContractorFactory(name="Able")
        ContractorFactory(name="Wrong type", type="tile")
        ContractorFactory(name="Far away", latitude=Decimal("35.0000000"))
        ContractorFactory(name="Off", hours=WEDNESDAY)
        busy = ContractorFactory(name="Busy")
        AssignmentFactory(contractor=busy, start=austin(11))
        with time_machine.travel(EARLY, tick=False):
            assert names(f"able=1&for_job={job.pk}") == ["Able"]
            assert "Wrong type" in names("able=1")
            # Who can take a job depends on exact places.
            assert "Far away" in names(f"able=1&for_job={job.pk}", UserFactory(role=Role.MANAGER))

    def test_filters_that_exclude_each_other_leave_no_row(self) -> None:
        job = JobFactory(type="tile")
        ContractorFactory(name="Flooring", type="flooring")
        for sort in ("", "hours_free", "next_free", "rating", "distance"):
            assert names(f"able=1&for_job={job.pk}&sort={sort}&group=city") == []

    def test_more_than_can_be_checked_are_counted(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("smartscheduler.dashboard.rows.MOST_CHECKED", 2)
        job = JobFactory(desired_date=austin(12))
        ContractorFactory.create_batch(3)
        with time_machine.travel(EARLY, tick=False):
            page = asked(f"able=1&for_job={job.pk}").page
        assert (page.total, page.unchecked) == (2, 1)
        assert MOST_CHECKED > 2


class TestPages:
    def test_a_page_and_where_it_is(self) -> None:
        many_contractors(PAGE_ROWS + 5)
        first = asked("")
        assert (len(first.lanes), first.page.first, first.page.last, first.page.total) == (60, 1, 60, 65)
        assert (first.earlier, parse_qs(first.later[1:])["row"]) == ("", ["61"])
        second = asked("row=61&sort=rating")
        assert (len(second.lanes), second.page.first, second.page.last, second.page.total) == (5, 61, 65, 65)
        assert parse_qs(second.earlier[1:]) == {"day": [str(DAY)], "sort": ["rating"]}
        assert second.later == ""

    def test_all_pages_together_are_all_rows(self) -> None:
        many_contractors(25)
        for sort in ("", "rating", "hours_free", "next_free"):
            pages = [names(f"rows=10&row={row}&sort={sort}&group=city") for row in (1, 11, 21)]
            assert len({name for page in pages for name in page}) == 25

    def test_a_page_beyond_the_end_is_the_last_one(self) -> None:
        many_contractors(5)
        assert len(asked("row=1000").lanes) == 5
        assert asked("row=1000&rows=2").page.first == 4

    @pytest.mark.parametrize(
        "query", ["row=0", "row=x", "rows=0", f"rows={MOST_ROWS + 1}", "at=x", "sort=x", "group=x"]
    )
    def test_what_makes_no_sense_does_not_count(self, query: str) -> None:
        many_contractors(2)
        assert len(asked(query).lanes) == 2

    def test_the_page_with_a_contractor(self) -> None:
        many_contractors(30)
        last = Contractor.objects.order_by("name", "pk").last()
        assert last
        for sort in ("", "next_free"):
            page = asked(f"rows=4&at={last.pk}&sort={sort}").page
            assert last in [row.contractor for row in page.rows]
        assert asked(f"rows=4&at={UserFactory().pk}").page.first == 1

    @pytest.mark.parametrize("sort", ["", "rating", "hours_free", "next_free"])
    def test_the_number_of_queries_does_not_grow(self, sort: str) -> None:
        reader = UserFactory()

        def cost() -> int:
            with CaptureQueriesContext(connection) as captured:
                asked(f"sort={sort}&group=metro&rows=10", reader)
            return len(captured)

        many_contractors(12)
        Favorite.objects.create(owner=reader, contractor=Contractor.objects.earliest("name"))
        few = cost()
        many_contractors(60)
        for hour in range(6):
            AssignmentFactory(start=austin(hour + 8))
        assert cost() == few <= 13


class TestFavorites:
    def test_they_come_first_for_their_user_alone(self) -> None:
        reader, other = UserFactory(), UserFactory()
        ContractorFactory(name="Ann", city="Austin")
        zoe = ContractorFactory(name="Zoe", city="Dallas")
        add_favorite(owner=reader, contractor_id=zoe.pk)
        add_favorite(owner=reader, contractor_id=zoe.pk)
        assert Favorite.objects.count() == 1
        for sort in ("", "rating", "hours_free", "next_free"):
            assert names(f"sort={sort}", reader) == ["Zoe", "Ann"]
            assert names(f"sort={sort}", other)[0] == "Ann"
        assert groups("group=city", reader) == [("Zoe", "Favorites", 1), ("Ann", "Austin, TX", 1)]
        remove_favorite(owner=reader, contractor_id=zoe.pk)
        assert names("", reader) == ["Ann", "Zoe"]

    def test_their_number_is_limited(self) -> None:
        reader = UserFactory()
        many_contractors(MOST_FAVORITES + 1)
        people = list(Contractor.objects.all())
        Favorite.objects.bulk_create(Favorite(owner=reader, contractor=person) for person in people[:MOST_FAVORITES])
        with pytest.raises(InvalidInput, match="at most 100 favorites"):
            add_favorite(owner=reader, contractor_id=people[-1].pk)
        assert Favorite.objects.count() == MOST_FAVORITES

    def test_the_page_stars_and_unstars(self) -> None:
        person, client = ContractorFactory(), signed_in(Role.MANAGER)
        answer = client.post("/live/favorites/", {"contractor": person.pk, "starred": "1"})
        assert answer.status_code == 204
        assert 'aria-pressed="true" title="Favorite"' in client.get("/").content.decode()
        assert client.post("/live/favorites/", {"contractor": person.pk, "starred": ""}).status_code == 204
        assert not Favorite.objects.exists()

    @pytest.mark.parametrize("contractor", ["", "nonsense", "00000000-0000-0000-0000-000000000000"])
    def test_an_unknown_contractor_is_not_found(self, contractor: str) -> None:
        answer = signed_in().post("/live/favorites/", {"contractor": contractor, "starred": "1"})
        assert answer.status_code == 404
        assert not Favorite.objects.exists()

    def test_it_needs_a_sign_in_and_a_post(self, client: Any) -> None:
        assert (
            client.post("/live/favorites/", {"contractor": ContractorFactory().pk, "starred": "1"}).status_code == 401
        )
        assert signed_in().get("/live/favorites/").status_code == 405
        assert not Favorite.objects.exists()


class TestSavedViews:
    def test_a_view_keeps_filters_and_order_but_no_day_and_job(self) -> None:
        client = signed_in()
        query = f"day={DAY}&sort=rating&group=city&row=61&for_job={JobFactory().pk}&able=1&nonsense=1"
        answer = client.post("/views/", {"do": "save", "name": "Best first", "query": query}, follow=True)
        assert answer.redirect_chain == [("/?group=city&sort=rating", 302)]
        page = answer.content.decode()
        assert "The view “Best first” was saved." in page
        assert '<a href="/?group=city&amp;sort=rating" aria-current="page">Best first</a>' in page
        assert "Best first" not in signed_in(Role.MANAGER).get("/").content.decode()

    def test_a_view_is_deleted_by_its_owner_alone(self) -> None:
        client = signed_in()
        client.post("/views/", {"do": "save", "name": "Mine", "query": "sort=rating"})
        view = SavedView.objects.get()
        assert signed_in(Role.MANAGER).post("/views/", {"do": "delete", "view": view.pk}).status_code == 404
        assert client.post("/views/", {"do": "delete", "view": view.pk}).status_code == 302
        assert not SavedView.objects.exists()

    @pytest.mark.parametrize(("name", "query"), [("", "sort=rating"), ("Nothing", ""), ("Only a day", f"day={DAY}")])
    def test_a_refusal_says_why_and_saves_nothing(self, name: str, query: str) -> None:
        answer = signed_in().post("/views/", {"do": "save", "name": name, "query": query}, follow=True)
        assert 'class="toast refused"' in answer.content.decode()
        assert not SavedView.objects.exists()
