"""The contractor pages: valid input, rejected input, and permissions."""

import html
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from contractors.models import Absence, Contractor, WorkingHours
from contractors.services import add_absence, update_contractor
from contractors.working_week import Shift
from smartscheduler.accounts.permissions import Role
from smartscheduler.core.entry.moments import write_moment
from smartscheduler.core.formatting import local_day
from smartscheduler.events.models import OutboxEvent
from smartscheduler.timeslots import TimeSlot
from tests.factories import AbsenceFactory, AssignmentFactory, ContractorFactory, UserFactory, at
from tests.pages import PageResponse, empty_pages, errors, fields, fields_of, fields_of_new, saved, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("november_2026")]
ADD = "/admin/contractors/contractor/add/"
LIST = "/admin/contractors/contractor/"
VALID = {
    "name": "Lone Star Floors",
    "type": "flooring",
    "email": "crew@lonestar.example",
    "phone_number": "(512) 555-0143",
    "skills": "Stairs, hardwood,, ",
    "service_radius_miles": "50",
    "address": "100 Congress Avenue",
    "city": "Austin",
    "state": "TX",
    "zip_code": "78701",
    "latitude": "30.2672",
    "longitude": "-97.7431",
    "time_zone": "",
}


def page(contractor: Contractor) -> str:
    return reverse("admin:contractors_contractor_change", args=[contractor.pk])


def new(client: Client, **values: Any) -> PageResponse:
    return client.post(ADD, {**fields_of_new(client, ADD, "contractor_form"), **VALID, **values})


def events() -> list[Any]:
    return list(OutboxEvent.objects.order_by("position").values_list("type", flat=True))


def test_makes_a_contractor_with_the_week_on_offer() -> None:
    response = new(signed_in())
    assert saved(response)
    contractor = Contractor.objects.get()
    assert contractor.shifts == [Shift(day, time(8), time(17)) for day in range(1, 6)]
    assert contractor.skills == ["hardwood", "Stairs"]
    assert contractor.time_zone == "America/Chicago"
    assert (contractor.status, contractor.rating) == ("active", Decimal(0))
    assert events() == ["ContractorCreated"]
    assert response["Location"] == LIST


def test_takes_the_middle_of_the_zip_code_for_missing_coordinates() -> None:
    assert saved(new(signed_in(), latitude="", longitude=""))
    contractor = Contractor.objects.get()
    assert (round(contractor.latitude, 1), round(contractor.longitude, 1)) == (Decimal("30.3"), Decimal("-97.7"))


BROKEN = [
    ({"name": "x"}, "name"),
    ({"name": ""}, "name"),
    ({"name": "x" * 101}, "name"),
    ({"name": "Nul\x00byte"}, "name"),
    ({"type": "roofing"}, "type"),
    ({"email": "nobody"}, "email"),
    ({"email": "TAKEN@example.com"}, "email"),
    ({"phone_number": "555-0143"}, "phone_number"),
    ({"phone_number": "(512) 555-0143\n"}, None),
    ({"latitude": "90.1"}, "latitude"),
    ({"latitude": "NaN"}, "latitude"),
    ({"longitude": "-180.5"}, "longitude"),
    ({"longitude": "Infinity"}, "longitude"),
    ({"longitude": ""}, "longitude"),
    ({"latitude": "", "longitude": "", "zip_code": "00000"}, "latitude"),
    ({"address": "1 St"}, "address"),
    ({"city": "A"}, "city"),
    ({"state": "ZZ"}, "state"),
    ({"zip_code": "7870"}, "zip_code"),
    ({"zip_code": "７８７０１"}, "zip_code"),
    ({"time_zone": "Mars/Olympus"}, "time_zone"),
    ({"service_radius_miles": "0"}, "service_radius_miles"),
    ({"service_radius_miles": "NaN"}, "service_radius_miles"),
    ({"skills": "x" * 61}, "skills"),
    ({"skills": ",".join(f"skill {n}" for n in range(51))}, "skills"),
    ({"working_hours-0-end_time": "08:00"}, "rows"),
    ({"working_hours-0-start_time": "09:00", "working_hours-0-end_time": "08:00"}, "rows"),
    ({"working_hours-0-start_time": "05:00", "working_hours-0-end_time": "21:01"}, "rows"),
    ({"working_hours-0-day_of_week": "2", "working_hours-0-start_time": "16:59"}, "rows"),
    ({"working_hours-0-day_of_week": "7"}, "rows"),
    ({"working_hours-0-start_time": "25:00"}, "rows"),
    ({f"working_hours-{n}-{name}": "" for n in range(5) for name in ("day_of_week", "start_time", "end_time")}, "rows"),
    ({"working_hours-TOTAL_FORMS": "x"}, "rows"),
]


@pytest.mark.parametrize(("prefix", "most"), [("working_hours", 50), ("absences", 100)])
def test_no_more_rows_are_made_than_may_be_sent(prefix: str, most: int) -> None:
    answer = new(signed_in(), **{f"{prefix}-TOTAL_FORMS": "100000"})
    formset = next(
        inline.formset for inline in answer.context["inline_admin_formsets"] if inline.formset.prefix == prefix
    )
    assert len(formset.forms) == most
    assert formset.non_form_errors() == [f"Please submit at most {most} forms."]


@pytest.mark.parametrize(("values", "field"), [case for case in BROKEN if case[1]])
def test_refuses_a_broken_rule_on_its_field(values: dict[str, str], field: str | None) -> None:
    ContractorFactory(email="taken@example.com")
    before = WorkingHours.objects.count()
    assert field in errors(new(signed_in(), **values))
    assert Contractor.objects.count() == 1
    assert WorkingHours.objects.count() == before
    assert events() == []


def test_refuses_the_same_on_an_existing_one(subtests: pytest.Subtests) -> None:
    """In one test, because a page that is refused leaves the form to send again. The test above renders these pages."""
    ContractorFactory(email="taken@example.com")
    contractor, client = ContractorFactory(), signed_in()
    version, unchanged = contractor.version, fields(client, page(contractor), "contractor_form")
    for values, field in BROKEN:
        if field in {None, "rows"}:
            continue
        with subtests.test(values=values), empty_pages():
            assert field in errors(client.post(page(contractor), {**unchanged, **values}))
            contractor.refresh_from_db()
            assert contractor.version == version
            assert events() == []


def test_a_page_saved_unchanged_writes_nothing() -> None:
    contractor, client = ContractorFactory(), signed_in()
    AbsenceFactory(contractor=contractor, period=(timezone.now(), timezone.now() + timedelta(days=1.5)))
    sent = fields(client, page(contractor), "contractor_form")
    assert saved(client.post(page(contractor), sent))
    contractor.refresh_from_db()
    assert contractor.version == 1
    assert events() == []


# In Chicago 2027-11-07 01:30 comes twice: at 06:30 and at 07:30 UTC.
REPEATED = [
    (datetime(2027, 11, 7, 6, 30, tzinfo=UTC), datetime(2027, 11, 8, 6, tzinfo=UTC)),
    (datetime(2027, 11, 7, 7, 30, tzinfo=UTC), datetime(2027, 11, 8, 6, tzinfo=UTC)),
    (datetime(2027, 11, 6, 6, tzinfo=UTC), datetime(2027, 11, 7, 7, 30, tzinfo=UTC)),
]


@pytest.mark.parametrize("period", REPEATED)
def test_an_absence_in_the_repeated_hour_stays_what_it_is(period: tuple[datetime, datetime]) -> None:
    contractor, client = ContractorFactory(time_zone="America/Chicago"), signed_in()
    AbsenceFactory(contractor=contractor, period=period)
    sent = fields(client, page(contractor), "contractor_form")
    assert saved(client.post(page(contractor), sent))
    assert events() == []
    assert saved(client.post(page(contractor), {**sent, "absences-0-note": "Back late"}))
    kept = Absence.objects.get()
    assert (kept.note, kept.slot) == ("Back late", TimeSlot(*period))


def test_a_typed_time_in_the_repeated_hour_is_refused() -> None:
    contractor, client = ContractorFactory(time_zone="America/Chicago"), signed_in()
    AbsenceFactory(contractor=contractor, period=REPEATED[0])
    sent = fields(client, page(contractor), "contractor_form")
    response = client.post(page(contractor), {**sent, "absences-0-start": "2027-11-07T01:15"})
    assert "ambiguous" in errors(response)["rows"][0]


def test_does_not_undo_concurrent_changes() -> None:
    contractor, client = ContractorFactory(name="Old Name"), signed_in()
    sent = {**fields(client, page(contractor), "contractor_form"), "name": "New Name"}
    update_contractor(contractor_id=contractor.pk, actor=None, city="Round Rock")
    for _ in range(2):
        assert "Another user" in errors(client.post(page(contractor), sent))["__all__"][0]
        sent = {**sent, "version": fields_of(client.post(page(contractor), sent))["version"]}
    contractor.refresh_from_db()
    assert (contractor.name, contractor.city) == ("Old Name", "Round Rock")
    assert events() == ["ContractorUpdated"]


def test_says_who_came_first_and_when() -> None:
    contractor, client = ContractorFactory(), signed_in()
    sent = {**fields(client, page(contractor), "contractor_form"), "name": "New Name"}
    first = UserFactory(name="Casey First")
    update_contractor(contractor_id=contractor.pk, actor=first, city="Round Rock")
    message = errors(client.post(page(contractor), sent))["__all__"][0]
    assert message.startswith("Casey First has changed this record since you opened it (")
    assert local_day(timezone.now(), contractor.zone) in message
    contractor.refresh_from_db()
    assert contractor.name != "New Name"


def test_events_about_other_people_contain_no_names() -> None:
    contractor, other, client = ContractorFactory(), ContractorFactory(), signed_in()
    sent = {**fields(client, page(contractor), "contractor_form"), "name": "New Name"}
    update_contractor(contractor_id=other.pk, actor=UserFactory(name="Casey First"), city="Round Rock")
    update_contractor(contractor_id=contractor.pk, actor=None, city="Round Rock")
    assert errors(client.post(page(contractor), sent))["__all__"][0].startswith("Another user")


def test_changes_and_removes_shifts() -> None:
    contractor, client = ContractorFactory(), signed_in()
    sent = fields(client, page(contractor), "contractor_form")
    sent |= {"working_hours-0-end_time": "00:00", "working_hours-1-DELETE": "on"}
    assert saved(client.post(page(contractor), sent))
    hours = Contractor.objects.get().shifts
    assert hours[0] == Shift(0, time(8), time(0))
    assert [shift.day_of_week for shift in hours] == [0, 2, 3, 4, 5, 6]
    assert events() == ["ScheduleUpdated"]


def test_refuses_to_remove_the_last_shift() -> None:
    contractor, client = ContractorFactory(hours=[Shift(1, time(8), time(17))]), signed_in()
    sent = {**fields(client, page(contractor), "contractor_form"), "working_hours-0-DELETE": "on"}
    assert errors(client.post(page(contractor), sent))["rows"] == ["Enter at least one shift."]
    assert contractor.working_hours.count() == 1


def test_says_so_when_the_shifts_were_changed_meanwhile() -> None:
    contractor, client = ContractorFactory(), signed_in()
    sent = fields(client, page(contractor), "contractor_form")
    update_contractor(contractor_id=contractor.pk, actor=None, working_hours=[Shift(3, time(6), time(9))])
    response = client.post(page(contractor), {**sent, "working_hours-0-end_time": "16:00"})
    assert any("Another user" in text for text in errors(response)["rows"])
    assert contractor.working_hours.count() == 1


ABSENCE = {
    "absences-TOTAL_FORMS": "1",
    "absences-0-start": "2027-07-01T08:00",
    "absences-0-end": "2027-07-02T00:00",
    "absences-0-kind": "sickness",
    "absences-0-note": "Flu",
}


def test_makes_a_contractor_together_with_an_absence() -> None:
    client = signed_in()
    response = new(client, **ABSENCE)
    assert saved(response)
    contractor = Contractor.objects.get()
    assert Absence.objects.get().contractor == contractor
    assert str(contractor.pk) in client.get(response["Location"]).content.decode()  # the message leads to its page


def test_a_week_typed_in_one_line_replaces_the_rows() -> None:
    client = signed_in()
    sent = {**fields_of_new(client, ADD, "contractor_form"), **VALID, "week_line": "Mon-Thu 7-4, Sat 9-1"}
    assert saved(client.post(ADD, sent))
    hours = Contractor.objects.get().working_hours.values_list("day_of_week", "start_time", "end_time")
    assert list(hours.order_by("day_of_week")) == [
        *((day, time(7), time(16)) for day in range(1, 5)),
        (6, time(9), time(13)),
    ]


@pytest.mark.parametrize("line", ["Mon-Fri", "whenever", "Mon 22-6", "Mon 9-5, Mon 10-12", "Mon 9-12" * 100])
def test_a_week_that_cannot_be_read_is_named_and_kept(line: str) -> None:
    client = signed_in()
    sent = {**fields_of_new(client, ADD, "contractor_form"), **VALID, "week_line": line}
    response = client.post(ADD, sent)
    assert errors(response)["rows"]
    assert line in html.unescape(response.content.decode())
    assert not Contractor.objects.exists()


def test_a_skill_spelled_almost_like_a_known_one_needs_a_second_click() -> None:
    ContractorFactory(skills=["Ceramic"])
    client = signed_in()
    sent = {**fields_of_new(client, ADD, "contractor_form"), **VALID, "skills": "cermic, Sanding"}
    response = client.post(ADD, sent)
    question = "No contractor has the skill “cermic”. Did you mean “Ceramic”? To keep it anyway, save again."
    assert errors(response) == {"skills": [question]}
    assert Contractor.objects.count() == 1
    again = fields_of(response)
    assert again["skills"] == "cermic, Sanding"
    assert saved(client.post(ADD, again))
    assert Contractor.objects.get(email=VALID["email"].lower()).skills == ["cermic", "Sanding"]


def test_adds_changes_and_removes_an_absence_by_the_contractors_clock() -> None:
    contractor, client = ContractorFactory(), signed_in()
    sent = {**fields(client, page(contractor), "contractor_form"), **ABSENCE}
    assert saved(client.post(page(contractor), sent))
    absence = Absence.objects.get()
    assert absence.slot.start == datetime(2027, 7, 1, 8, tzinfo=ZoneInfo("America/Chicago"))
    assert (absence.kind, absence.note) == ("sickness", "Flu")

    sent = fields(client, page(contractor), "contractor_form")
    assert sent["absences-0-start"] == "Thu, Jul 1, 2027, 8:00 AM"
    client.post(page(contractor), {**sent, "absences-0-end": "2027-07-03T00:00"})
    assert Absence.objects.get().slot.duration == timedelta(hours=40)

    sent = fields(client, page(contractor), "contractor_form")
    client.post(page(contractor), {**sent, "absences-0-DELETE": "on"})
    assert not Absence.objects.exists()


class TestManyAbsences:
    """A page has the nearest fifty; a thousand fields would be too many for one request."""

    @pytest.fixture
    def contractor(self) -> Contractor:
        contractor = ContractorFactory()
        begin = datetime(2027, 1, 1, 8, tzinfo=UTC)
        Absence.objects.bulk_create(
            AbsenceFactory.build(
                contractor=contractor, period=(begin + timedelta(days=n), begin + timedelta(days=n + 1))
            )
            for n in range(300)
        )
        return contractor

    def test_the_page_is_saved(self, contractor: Contractor) -> None:
        client = signed_in()
        sent = fields(client, page(contractor), "contractor_form")
        assert len(sent) < 600
        assert saved(client.post(page(contractor), {**sent, "name": "New Name", "absences-0-note": "Back late"}))
        contractor.refresh_from_db()
        assert contractor.name == "New Name"
        assert contractor.absences.count() == 300
        assert contractor.absences.order_by("period")[0].note == "Back late"

    def test_links_lead_to_the_others_which_can_be_changed_there(self, contractor: Contractor) -> None:
        client = signed_in()
        first = client.get(page(contractor)).content.decode()
        assert "Absences 1 to 50 of 300" in first
        assert "Earlier absences" not in first
        assert "?absences-page=2#absences" in first
        last = f"{page(contractor)}?absences-page=6"
        assert "Absences 251 to 300 of 300" in client.get(last).content.decode()
        sent = fields(client, last, "contractor_form")
        assert saved(client.post(last, {**sent, "absences-49-DELETE": "on"}))
        assert contractor.absences.count() == 299
        assert contractor.absences.latest("period").slot.start.date() == date(2027, 10, 26)

    def test_rows_that_have_moved_to_another_page_are_still_found(self, contractor: Contractor) -> None:
        client = signed_in()
        second = f"{page(contractor)}?absences-page=2"
        sent = fields(client, second, "contractor_form")
        Absence.objects.order_by("period")[0].delete()
        assert saved(client.post(second, {**sent, "absences-0-note": "Back late"}))
        assert contractor.absences.count() == 299
        assert contractor.absences.get(note="Back late").slot.start.date() == date(2027, 2, 20)

    def test_few_have_no_links(self) -> None:
        assert "Pages of absences" not in signed_in().get(page(AbsenceFactory().contractor)).content.decode()


@pytest.mark.parametrize(
    "values",
    [
        {"absences-0-end": "2027-07-01T08:00"},
        {"absences-0-end": "2033-07-01T08:00"},
        {"absences-0-start": "someday"},
        {"absences-0-start": "2027-03-14T02:30"},  # the clock skips it
        {"absences-0-start": "9999-12-31T23:59"},
        {"absences-0-kind": "party"},
        {"absences-0-note": "x" * 201},
    ],
)
def test_refuses_a_broken_absence_and_everything_with_it(values: dict[str, str]) -> None:
    contractor, client = ContractorFactory(), signed_in()
    sent = {**fields(client, page(contractor), "contractor_form"), **ABSENCE, "name": "New Name", **values}
    assert errors(client.post(page(contractor), sent))["rows"]
    contractor.refresh_from_db()
    assert contractor.name != "New Name"
    assert not Absence.objects.exists()
    assert events() == []


def act(client: Client, contractor: Contractor, name: str, **values: str) -> PageResponse:
    return client.post(f"/admin/contractors/contractor/{contractor.pk}/{name}/", values)


def status(contractor: Contractor) -> str:
    contractor.refresh_from_db()
    return contractor.status


def test_the_buttons_move_the_status() -> None:
    contractor, client = ContractorFactory(), signed_in(Role.ADMINISTRATOR)
    for name, expected in [("mark-on-leave", "on_leave"), ("deactivate", "inactive"), ("activate", "active")]:
        assert act(client, contractor, name).status_code == 302
        assert status(contractor) == expected
    response = act(client, contractor, "activate")
    assert "already" in str(response.content) or "cannot become" in str(response.content)


def test_asking_changes_nothing() -> None:
    contractor, client = ContractorFactory(), signed_in()
    assert client.get(f"/admin/contractors/contractor/{contractor.pk}/deactivate/").status_code == 200
    assert status(contractor) == "active"


@pytest.mark.parametrize("address", ["deactivate", "delete"])
def test_deleting_is_deactivating_and_is_refused_under_live_assignments(address: str) -> None:
    assignment, client = AssignmentFactory(), signed_in()
    response = act(client, assignment.contractor, address, post="yes")
    assert response.status_code == 200
    assert assignment.job.job_number in response.content.decode()
    assert reverse("admin:assignments_assignment_change", args=[assignment.pk]) in response.content.decode()
    assert status(assignment.contractor) == "active"

    free = ContractorFactory()
    assert act(client, free, address, post="yes").status_code == 302
    assert status(free) == "inactive"


@pytest.mark.parametrize("name", ["restore", "activate", "mark-on-leave"])
def test_only_an_administrator_restores(name: str) -> None:
    contractor = ContractorFactory(status="inactive")
    assert act(signed_in(), contractor, name).status_code == 403
    assert status(contractor) == "inactive"
    assert f"/{name}/" not in signed_in().get(page(contractor)).content.decode()
    assert act(signed_in(Role.ADMINISTRATOR), contractor, name).status_code == 302


def test_a_coordinator_brings_back_from_leave() -> None:
    contractor = ContractorFactory(status="on_leave")
    assert act(signed_in(), contractor, "activate").status_code == 302


def test_a_manager_reads_and_changes_nothing() -> None:
    contractor, client = ContractorFactory(), signed_in(Role.MANAGER)
    seen = client.get(page(contractor)).content.decode()
    assert contractor.name in seen
    assert contractor.email not in seen
    assert "/deactivate/" not in seen
    assert client.post(page(contractor), VALID).status_code == 403
    assert client.get(ADD).status_code == 403
    assert client.post(ADD, VALID).status_code == 403
    assert act(client, contractor, "deactivate").status_code == 403
    bulk = {"action": "deactivate_selected", "_selected_action": [str(contractor.pk)]}
    client.post(LIST, {**bulk, "confirmed": "1"})
    assert status(contractor) == "active"
    assert events() == []


def test_active_contractors_come_first_and_say_until_when_they_are_absent() -> None:
    names = {"Ann": "inactive", "Bob": "on_leave", "Cid": "active", "Dee": "active"}
    people = {name: ContractorFactory(name=name, status=status, hours=[]) for name, status in names.items()}
    AbsenceFactory(contractor=people["Cid"], period=(at(0), at(0, days=3)))
    AbsenceFactory(contractor=people["Dee"], period=(at(0, days=2), at(0, days=3)))
    client = signed_in()
    seen = client.get(LIST)
    assert [contractor.name for contractor in seen.context["cl"].result_list] == ["Cid", "Dee", "Bob", "Ann"]
    assert seen.content.decode().count("absent until") == 1
    assert f"absent until {local_day(at(0, days=3), ZoneInfo('America/Chicago'))}" in seen.content.decode()
    for query, expected in {"available=now": ["Dee"], "available=absent": ["Cid"]}.items():
        listed = client.get(f"{LIST}?{query}").context["cl"].result_list
        assert [contractor.name for contractor in listed] == expected


def test_an_empty_list_says_what_to_do() -> None:
    client = signed_in()
    assert "No contractors yet." in client.get(LIST).content.decode()
    ContractorFactory()
    seen = client.get(f"{LIST}?q=nobody-of-this-name").content.decode()
    assert "No contractors match the search and the filters." in seen
    assert 'href="?"' in seen
    assert "Add contractor" not in signed_in(Role.MANAGER).get(f"{LIST}?q=nobody-of-this-name").content.decode()


def test_bulk_deactivation_asks_first_and_reports_row_by_row_with_a_way_to_help() -> None:
    busy, free, client = AssignmentFactory().contractor, ContractorFactory(), signed_in()
    bulk = {"action": "deactivate_selected", "_selected_action": [str(busy.pk), str(free.pk)]}
    asked = client.post(LIST, bulk).content.decode()
    assert busy.name in asked
    assert free.name in asked
    assert (status(busy), status(free)) == ("active", "active")

    seen = client.post(LIST, {**bulk, "confirmed": "1"}, follow=True).content.decode()
    assert "Deactivated: 1." in seen
    assert f"{busy.name} still has live assignments" in seen
    assert f"/admin/contractors/contractor/{busy.pk}/deactivate/?next=" in seen
    assert (status(busy), status(free)) == ("active", "inactive")


def test_a_coordinator_is_told_who_restores_and_an_administrator_gets_the_button() -> None:
    contractor = ContractorFactory(status="inactive")
    html = signed_in().get(page(contractor)).content.decode()
    assert "To reactivate a contractor, ask an administrator" in html
    assert "/restore/" not in html
    offered = signed_in(Role.ADMINISTRATOR).get(page(contractor)).content.decode()
    assert "To reactivate a contractor, ask an administrator" not in offered
    assert f"{contractor.pk}/restore/" in offered
    assert "/activate/" not in offered
    assert act(signed_in(Role.ADMINISTRATOR), contractor, "restore").status_code == 302
    assert status(contractor) == "active"


def test_the_list_searches_filters_and_stays_within_its_queries(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    client = signed_in()
    ContractorFactory.create_batch(10, hours=[])
    ContractorFactory(name="Ada Tiles", type="tile", skills=["Mosaic"], status="on_leave", rating=0, rating_count=0)
    for query in ["q=mosaic", "q=ada", "status__exact=on_leave", "type__exact=tile"]:
        assert client.get(f"{LIST}?{query}").context["cl"].result_count == 1, query
    with django_assert_max_num_queries(9):
        client.get(LIST)
    ContractorFactory.create_batch(190, hours=[])
    with django_assert_max_num_queries(9):
        client.get(LIST)


def test_the_list_is_narrowed_by_state_skill_rating_and_clashes() -> None:
    client = signed_in()
    ContractorFactory(rating=Decimal("3.90"))
    ada = ContractorFactory(
        name="Ada", state="WA", skills=["Mosaic", "Heated floors"], rating=Decimal("4.50"), hours=[]
    )
    over = AssignmentFactory(start=timezone.now() - timedelta(days=3))
    AbsenceFactory(contractor=over.contractor, period=(over.slot.start, over.slot.end))
    clash = AssignmentFactory(contractor=ada)
    add_absence(contractor_id=ada.pk, period=clash.slot, actor=None)
    narrowed = ["state__exact=WA", "skill=mosaic", "skill=heated+floors,mosaic", "min_rating=4.5", "conflict=any"]
    for query in narrowed:
        assert [contractor.name for contractor in client.get(f"{LIST}?{query}").context["cl"].result_list] == ["Ada"], (
            query
        )
    assert client.get(f"{LIST}?skill=mosaic,carpentry").context["cl"].result_count == 0


@pytest.mark.parametrize("column", range(1, 7))
def test_every_column_sorts(column: int) -> None:
    ContractorFactory.create_batch(2, hours=[])
    for way in (column, -column):
        assert signed_in().get(f"{LIST}?o={way}").context["cl"].result_count == 2


def test_clock_is_the_contractors(settings: Settings) -> None:
    contractor = ContractorFactory(time_zone="America/New_York")
    AbsenceFactory(contractor=contractor, period=(at(6, days=3, zone="UTC"), at(18, days=3, zone="UTC")))
    start = at(6, days=3, zone="UTC").astimezone(ZoneInfo("America/New_York"))
    sent = fields(signed_in(), page(contractor), "contractor_form")
    assert sent["absences-0-start"] == write_moment(start)


@pytest.mark.parametrize(
    "query",
    [
        "?q=%00",
        "?status__exact=%00",
        "?p=x",
        "?o=99",
        "?nonsense=1",
        "?min_rating=x",
        "?min_rating=9e999",
        "?conflict=x",
        "?_facets=1",
    ],
)
def test_odd_queries_are_no_server_error(query: str) -> None:
    assert signed_in().get(LIST + query).status_code < 500


@pytest.mark.parametrize("address", ["x/change/", "x/delete/", "x/deactivate/", f"{'0' * 32}/activate/"])
def test_odd_addresses_are_no_server_error(address: str) -> None:
    assert signed_in().get(LIST + address).status_code in {302, 404}
    assert signed_in().post(LIST + address).status_code in {302, 404}


def test_an_oversized_form_is_a_bad_request() -> None:
    assert signed_in().post(ADD, {"name": "x" * 2_000_000}).status_code == 400
    assert not Contractor.objects.exists()
