"""Quick form for an absence, in the contractor's local time."""

from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone

from contractors.models import Absence, Contractor
from smartscheduler.accounts.permissions import Role
from smartscheduler.events.models import OutboxEvent
from tests.factories import AssignmentFactory, ContractorFactory
from tests.pages import PageResponse, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("november_2026")]
AUSTIN = ZoneInfo("America/Chicago")
VALID = {"how_long": "today", "kind": "sickness", "note": "Flu"}
# Still Thursday in Austin, already Friday in London.
LATE_ON_THURSDAY = datetime(2026, 11, 27, 3, tzinfo=UTC)
# The Sunday on which the clocks go back has 25 hours.
BEFORE_THE_CLOCK_MOVES = datetime(2026, 10, 30, 15, tzinfo=UTC)


def absent(contractor: Contractor, role: Role = Role.COORDINATOR, **values: Any) -> PageResponse:
    return signed_in(role).post(f"/admin/contractors/contractor/{contractor.pk}/absent/", {**VALID, **values})


def austin(month: int, day: int, hour: int = 0) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=AUSTIN)


def test_today_is_the_day_on_the_contractors_calendar() -> None:
    with time_machine.travel(LATE_ON_THURSDAY, tick=False):
        assert absent(ContractorFactory()).status_code == 302
    (absence,) = Absence.objects.all()
    assert (absence.slot.start, absence.slot.end) == (austin(11, 26), austin(11, 27))
    assert (absence.kind, absence.note) == ("sickness", "Flu")
    assert list(OutboxEvent.objects.values_list("type", flat=True)) == ["ScheduleUpdated"]


def test_the_rest_of_the_week_ends_with_its_sunday() -> None:
    with time_machine.travel(LATE_ON_THURSDAY, tick=False):
        absent(ContractorFactory(), how_long="week")
    assert Absence.objects.get().slot.end == austin(11, 30)


def test_a_week_in_which_the_clock_goes_back_has_an_hour_more() -> None:
    with time_machine.travel(BEFORE_THE_CLOCK_MOVES, tick=False):
        absent(ContractorFactory(), how_long="week")
    slot = Absence.objects.get().slot
    assert (slot.start, slot.end) == (austin(10, 30), austin(11, 2))
    assert slot.end.astimezone(UTC) - slot.start.astimezone(UTC) == timedelta(hours=73)


def test_from_until_is_read_by_the_contractors_clock() -> None:
    dates: dict[str, Any] = {
        "how_long": "dates",
        "start": "2027-01-05T12:00",
        "end": "2027-01-06T00:00",
        "kind": "leave",
    }
    assert absent(ContractorFactory(), **dates).status_code == 302
    slot = Absence.objects.get().slot
    assert slot.start == datetime(2027, 1, 5, 12, tzinfo=AUSTIN)
    assert slot.duration == timedelta(hours=12)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"how_long": "dates"}, "start"),
        ({"how_long": "dates", "start": "2027-01-05T12:00"}, "end"),
        ({"how_long": "dates", "start": "2027-01-05T12:00", "end": "2027-01-05T12:00"}, "end"),
        ({"how_long": "dates", "start": "2027-01-05T12:00", "end": "2033-01-05T12:00"}, "end"),
        ({"how_long": "dates", "start": "2027-03-14T02:30", "end": "2027-03-15T12:00"}, "start"),
        ({"how_long": "dates", "start": "soon", "end": "Jan 5, 2027"}, "start"),
        ({"how_long": "dates", "start": "1/5/2027 9am EST", "end": "1/6/2027"}, "start"),
        ({"how_long": "forever"}, "how_long"),
        ({"kind": "party"}, "kind"),
        ({"note": "x" * 201}, "note"),
        ({"note": "\x00"}, "note"),
    ],
)
def test_refuses_a_broken_absence_on_its_field(values: dict[str, Any], field: str) -> None:
    response = absent(ContractorFactory(), **values)
    assert response.status_code == 200
    assert field in response.context["form"].errors
    assert not Absence.objects.exists()
    assert not OutboxEvent.objects.exists()


@pytest.mark.parametrize(
    ("start", "end", "first", "last"),
    [
        ("12/3 7:30a", "Dec 3, 5 PM", austin(12, 3, 7) + timedelta(minutes=30), austin(12, 3, 17)),
        ("Wed", "Fri", austin(11, 25), austin(11, 28)),
        ("tomorrow", "tomorrow noon", austin(11, 25), austin(11, 25, 12)),
        ("today", "2026-11-24", austin(11, 24), austin(11, 25)),
    ],
)
def test_dates_are_read_as_people_type_them(start: str, end: str, first: datetime, last: datetime) -> None:
    """A date without a time is its start or its end."""
    assert absent(ContractorFactory(), how_long="dates", start=start, end=end).status_code == 302
    slot = Absence.objects.get().slot
    assert (slot.start, slot.end) == (first, last)


def test_what_was_typed_is_kept_after_a_refusal() -> None:
    page = absent(ContractorFactory(), how_long="dates", start="next mon", end="12/9").content.decode()
    assert "can be Nov 30 or Dec 7" in page
    assert 'value="next mon"' in page
    assert 'value="12/9"' in page
    assert not Absence.objects.exists()


class TestSeveral:
    """An absence of whole days for the contractors that are selected in the list."""

    url = "/admin/contractors/contractor/"
    values: ClassVar[dict[str, str]] = {"confirmed": "1", "first": "Thu", "kind": "holiday", "note": "Thanksgiving"}

    def post(self, people: list[Contractor], values: dict[str, str], role: Role = Role.COORDINATOR) -> Any:
        chosen = [str(person.pk) for person in people]
        sent = {"action": "absent_selected", "_selected_action": chosen, **values}
        return signed_in(role).post(self.url, sent, follow=True)

    def test_each_is_absent_in_the_own_time_zone(self) -> None:
        people = [ContractorFactory(time_zone=zone) for zone in ("America/New_York", "America/Los_Angeles")]
        assert "Add an absence for these contractors?" in self.post(people, {}).content.decode()
        assert not Absence.objects.exists()
        assert "Absence added: 2." in self.post(people, {**self.values, "last": "11/27"}).content.decode()
        for person in people:
            slot = Absence.objects.get(contractor=person).slot
            assert slot.start == datetime(2026, 11, 26, tzinfo=person.zone)
            assert slot.end == datetime(2026, 11, 28, tzinfo=person.zone)

    def test_leads_to_the_bookings_that_are_in_conflict_now(self) -> None:
        booking, other = AssignmentFactory(start=austin(11, 26, 9)), ContractorFactory()
        page = self.post([booking.contractor, other], self.values).content.decode()
        assert "Absence added: 2." in page
        assert page.count("Reassign 1 booking with a conflict") == 1
        assert f"{self.url}{booking.contractor_id}/conflicts/?next=" in page

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"first": ""}, "first"),
            ({"first": "someday"}, "first"),
            ({"last": "11/25/2026"}, "last"),
            ({"last": "12/1/2031"}, "last"),
            ({"kind": "party"}, "kind"),
            ({"note": "x" * 201}, "note"),
        ],
    )
    def test_a_wrong_value_is_named_and_nothing_is_written(self, values: dict[str, str], field: str) -> None:
        page = self.post([ContractorFactory()], {**self.values, **values})
        assert field in page.context["form"].errors
        assert not Absence.objects.exists()

    def test_a_manager_may_not(self) -> None:
        self.post([ContractorFactory()], self.values, Role.MANAGER)
        assert not Absence.objects.exists()


def test_a_manager_may_not() -> None:
    contractor = ContractorFactory()
    assert absent(contractor, Role.MANAGER).status_code == 403
    assert not Absence.objects.exists()
    page = f"/admin/contractors/contractor/{contractor.pk}/change/"
    assert "/absent/" not in signed_in(Role.MANAGER).get(page).content.decode()
    assert "/absent/" in signed_in().get(page).content.decode()


def test_asking_enters_nothing() -> None:
    contractor = ContractorFactory()
    response = signed_in().get(f"/admin/contractors/contractor/{contractor.pk}/absent/")
    today = timezone.now().astimezone(AUSTIN)
    assert f"Today, {today:%A}, {today:%B} {today.day}" in response.content.decode()
    assert not Absence.objects.exists()


def test_without_a_collision_it_leads_to_the_contractor() -> None:
    contractor = ContractorFactory()
    assert absent(contractor)["Location"] == f"/admin/contractors/contractor/{contractor.pk}/change/"
