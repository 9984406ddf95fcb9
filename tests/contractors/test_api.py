"""Contractors over HTTP."""

import json
from datetime import UTC, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from contractors.models import Absence, Contractor, Rating
from contractors.working_week import Shift
from smartscheduler.accounts.permissions import Role
from smartscheduler.events.models import OutboxEvent
from tests.api import NOBODY, PLACE, V1, ApiResponse, changed, client_as, problem, refused_field
from tests.factories import AssignmentFactory, ContractorFactory, JobFactory, at

pytestmark = pytest.mark.django_db

URL = f"{V1}/contractors/"
HOURS = [{"day_of_week": 1, "start_time": "08:00", "end_time": "17:00"}]
BODY = {
    "name": "Ada Tiles",
    "type": "tile",
    "phone_number": "(512) 555-0143",
    "email": "ada@example.com",
    "location": PLACE,
    "working_hours": HOURS,
}


@pytest.fixture
def api() -> APIClient:
    return client_as(Role.COORDINATOR)


@pytest.fixture
def admin() -> APIClient:
    return client_as(Role.ADMINISTRATOR)


def of(contractor: Contractor, tail: str = "") -> str:
    return f"{URL}{contractor.pk}/{tail}"


def nothing_written() -> bool:
    return not Contractor.objects.exists() and not OutboxEvent.objects.exists()


# --- creating and reading -----------------------------------------------------------------------


def test_creates_one_with_the_defaults(api: APIClient) -> None:
    response = api.post(URL, BODY)
    assert response.status_code == 201, response.content
    made = response.json()
    assert made["location"] == PLACE
    assert made["working_hours"] == HOURS
    assert made["time_zone"] == "America/Chicago"
    assert made["service_radius_miles"] == 50
    assert (made["status"], made["rating"], made["rating_count"]) == ("active", 0, 0)
    assert (made["skills"], made["absences"], made["version"]) == ([], [], 1)
    assert made["created_at"].endswith("Z")
    assert made.pop("possible_duplicates") == []
    assert api.get(f"{URL}{made['id']}/").json() == made
    assert OutboxEvent.objects.get(type="ContractorCreated").data["contractor_id"] == made["id"]


def test_everything_that_can_be_written_comes_back(api: APIClient) -> None:
    more = {"skills": ["Tile setting", "Grout"], "service_radius_miles": None, "time_zone": "America/Denver"}
    night = [
        {"day_of_week": 0, "start_time": "00:00", "end_time": "04:00"},
        {"day_of_week": 6, "start_time": "20:00", "end_time": "00:00"},
    ]
    made = api.post(URL, {**BODY, **more, "working_hours": night}).json()
    assert made["skills"] == ["Grout", "Tile setting"]
    assert made["service_radius_miles"] is None
    assert made["time_zone"] == "America/Denver"
    assert made["working_hours"] == night


def test_reports_a_likely_duplicate_and_creates_it_all_the_same(api: APIClient) -> None:
    first = api.post(URL, BODY).json()
    second = api.post(URL, {**BODY, "name": "ADA TILES", "email": "other@example.com"})
    assert second.status_code == 201
    assert second.json()["possible_duplicates"] == [{"id": first["id"], "name": "Ada Tiles"}]


def test_an_email_is_taken_whatever_its_case(api: APIClient) -> None:
    api.post(URL, BODY)
    document = problem(api.post(URL, {**BODY, "email": "ADA@Example.com"}), 409, "duplicate-email")
    assert "email" in document["errors"]
    assert Contractor.objects.count() == 1


BROKEN = [
    ("name", "A"),
    ("name", " A "),
    ("name", "x" * 101),
    ("name", None),
    ("name", ["Ada"]),
    ("name", True),
    ("name", "Ada\x00"),
    ("name", "Ada\ud800"),
    ("type", "plumbing"),
    ("type", {"a": 1}),
    ("type", "\ud800"),
    ("phone_number", "555-0143"),
    ("phone_number", "(512) 555-01431"),
    ("phone_number", "(512) 555-0143\n1"),
    ("phone_number", "(٥١٢) 555-0143"),
    ("email", "ada"),
    ("email", "a@" + "x" * 300 + ".com"),
    ("location", None),
    ("location", "Austin"),
    ("location.latitude", 90.0000001),
    ("location.latitude", -91),
    ("location.latitude", 30.12345678),
    ("location.latitude", "NaN"),
    ("location.latitude", "Infinity"),
    ("location.latitude", True),
    ("location.latitude", 10**400),
    ("location.latitude", None),
    ("location.longitude", 180.0000001),
    ("location.longitude", -181),
    ("location.longitude", "-Infinity"),
    ("location.longitude", "west"),
    ("location.address", "1 A"),
    ("location.city", "A"),
    ("location.state", "ZZ"),
    ("location.state", "tx"),
    ("location.zip_code", "7870"),
    ("location.zip_code", "78701-12"),
    ("location.zip_code", "7870x"),
    ("location.zip_code", "٧٨٧٠١"),
    ("location.planet", "Earth"),
    ("time_zone", "Mars/Olympus"),
    ("time_zone", "../../etc/passwd"),
    ("time_zone", None),
    ("service_radius_miles", 0),
    ("service_radius_miles", -1),
    ("service_radius_miles", "NaN"),
    ("service_radius_miles", 1e308),
    ("skills", "Grout"),
    ("skills", None),
    ("working_hours", []),
    ("working_hours", None),
    ("working_hours", "Monday"),
    ("working_hours", [*HOURS, *HOURS]),
    ("working_hours", [*HOURS, {"day_of_week": 1, "start_time": "16:59", "end_time": "18:00"}]),
    ("working_hours", [{"day_of_week": 1, "start_time": "09:00", "end_time": "09:00"}]),
    ("working_hours", [{"day_of_week": 1, "start_time": "17:00", "end_time": "08:00"}]),
    ("working_hours", [{"day_of_week": 1, "start_time": "07:00", "end_time": "23:01"}]),
    ("working_hours", HOURS * 201),
    ("colour", "blue"),
    ("id", NOBODY),
    ("status", "inactive"),
    ("rating", 5),
    ("rating_count", 100),
    ("version", 7),
    ("created_at", "2026-01-01T00:00:00Z"),
    ("absences", []),
    ("non\x00sense", 1),
]


@pytest.mark.parametrize(("path", "value"), BROKEN, ids=lambda part: repr(part)[:40])
def test_refuses_naming_the_field_and_writes_nothing(api: APIClient, path: str, value: Any) -> None:
    refused_field(send(api, changed(BODY, path, value)), path)
    assert nothing_written()


def send(api: APIClient, body: dict[str, Any]) -> ApiResponse:
    """A POST of JSON in ASCII: only so can a lone surrogate travel."""
    return api.generic("POST", URL, json.dumps(body), content_type="application/json")


@pytest.mark.parametrize(
    ("shift", "path"),
    [
        ({"day_of_week": 7}, "working_hours.0.day_of_week"),
        ({"day_of_week": -1}, "working_hours.0.day_of_week"),
        ({"day_of_week": True}, "working_hours.0.day_of_week"),
        ({"day_of_week": 10**30}, "working_hours.0.day_of_week"),
        ({"start_time": "8:00"}, "working_hours.0.start_time"),
        ({"start_time": "24:00"}, "working_hours.0.start_time"),
        ({"start_time": 800}, "working_hours.0.start_time"),
        ({"end_time": "17:60"}, "working_hours.0.end_time"),
        ({"end_time": None}, "working_hours.0.end_time"),
        ({"break": "noon"}, "working_hours.0.break"),
    ],
)
def test_refuses_a_shift_naming_its_field(api: APIClient, shift: dict[str, Any], path: str) -> None:
    refused_field(api.post(URL, {**BODY, "working_hours": [{**HOURS[0], **shift}]}), path)
    assert nothing_written()


@pytest.mark.parametrize("skills", [[""], ["x" * 61], [{"name": "Grout"}], ["Gr\x00out"]])
def test_refuses_a_skill_that_is_none(api: APIClient, skills: list[Any]) -> None:
    refused_field(api.post(URL, {**BODY, "skills": skills}), "skills.0")
    assert nothing_written()


@pytest.mark.parametrize("name", ["name", "type", "phone_number", "email", "location", "working_hours"])
def test_names_what_is_missing(api: APIClient, name: str) -> None:
    refused_field(api.post(URL, {key: value for key, value in BODY.items() if key != name}), name)
    assert nothing_written()


def test_says_everything_at_once(api: APIClient) -> None:
    response = api.post(URL, {"name": "A", "location": {"latitude": 100}, "colour": "blue"})
    errors = problem(response, 400, "invalid-input")["errors"]
    assert {"name", "type", "location.latitude", "location.longitude", "working_hours", "colour"} <= errors.keys()


# --- changing -----------------------------------------------------------------------------------


def test_patches_part_of_a_place_and_derives_the_zone_again(api: APIClient) -> None:
    contractor = ContractorFactory()
    response = api.patch(of(contractor), {"location": {"longitude": -106.4850, "latitude": 31.7619}})
    assert response.status_code == 200, response.content
    assert response.json()["time_zone"] == "America/Denver"
    assert response.json()["location"]["city"] == contractor.city
    assert response.json()["version"] == 2


def test_patches_the_working_week_as_a_whole(api: APIClient) -> None:
    contractor = ContractorFactory()
    assert api.patch(of(contractor), {"working_hours": HOURS}).json()["working_hours"] == HOURS
    event = OutboxEvent.objects.get(type="ScheduleUpdated")
    assert len(event.data["previous"]["working_hours"]) == 7
    assert event.data["current"]["working_hours"] == HOURS


def test_put_replaces_everything(api: APIClient) -> None:
    contractor = ContractorFactory(skills=["Grout"], service_radius_miles=Decimal(10))
    answer = api.put(of(contractor), BODY).json()
    assert (answer["skills"], answer["service_radius_miles"], answer["working_hours"]) == ([], 50, HOURS)
    assert answer["name"] == "Ada Tiles"


def test_put_needs_everything(api: APIClient) -> None:
    contractor = ContractorFactory()
    refused_field(api.put(of(contractor), {"name": "Ada Tiles"}), "location")
    contractor.refresh_from_db()
    assert contractor.name != "Ada Tiles"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("working_hours", []),
        ("location.latitude", 91),
        ("status", "inactive"),
        ("email", ""),
        ("name", "A"),
        ("working_hours", [{"day_of_week": 1, "start_time": "08:00", "end_time": "07:00"}]),
    ],
)
def test_a_refused_patch_changes_nothing(api: APIClient, path: str, value: list[dict[str, Any]] | int | str) -> None:
    contractor = ContractorFactory()
    refused_field(api.patch(of(contractor), changed({}, path, value)), path)
    contractor.refresh_from_db()
    assert (contractor.version, contractor.working_hours.count()) == (1, 7)
    assert not OutboxEvent.objects.exists()


def test_half_a_shift_is_refused_in_a_patch_too(api: APIClient) -> None:
    contractor = ContractorFactory()
    refused_field(api.patch(of(contractor), {"working_hours": [{"day_of_week": 1}]}), "working_hours.0.start_time")
    assert contractor.working_hours.count() == 7


# --- states -------------------------------------------------------------------------------------


def test_delete_deactivates(api: APIClient) -> None:
    contractor = ContractorFactory()
    response = api.delete(of(contractor))
    assert (response.status_code, response.content) == (204, b"")
    contractor.refresh_from_db()
    assert contractor.status == "inactive"


@pytest.mark.parametrize("how", ["delete", "deactivate"])
def test_live_assignments_keep_a_contractor_in_service(api: APIClient, how: str) -> None:
    held = AssignmentFactory()
    contractor = held.contractor
    response = api.delete(of(contractor)) if how == "delete" else api.post(of(contractor, "deactivate/"))
    document = problem(response, 409, "contractor-has-live-assignments")
    assert [assignment["id"] for assignment in document["assignments"]] == [str(held.pk)]
    assert document["assignments"][0]["time_slot"].keys() == {"start", "end"}
    contractor.refresh_from_db()
    assert contractor.status == "active"


def test_goes_on_leave_and_comes_back(api: APIClient) -> None:
    contractor = ContractorFactory()
    assert api.post(of(contractor, "mark-on-leave/")).json()["status"] == "on_leave"
    assert api.post(of(contractor, "activate/")).json()["status"] == "active"
    document = problem(api.post(of(contractor, "activate/")), 409, "invalid-transition")
    assert (document["from"], document["to"]) == ("active", "active")


@pytest.mark.parametrize("act", ["activate/", "mark-on-leave/"])
def test_only_an_administrator_restores(api: APIClient, admin: APIClient, act: str) -> None:
    contractor = ContractorFactory(status="inactive")
    problem(api.post(of(contractor, act)), 403, "permission-denied")
    contractor.refresh_from_db()
    assert contractor.status == "inactive"
    assert admin.post(of(contractor, act)).status_code == 200


@pytest.mark.parametrize("act", ["activate/", "deactivate/", "mark-on-leave/"])
def test_an_act_takes_no_body(api: APIClient, act: str) -> None:
    contractor = ContractorFactory(status="on_leave")
    refused_field(api.post(of(contractor, act), {"force": True}), "force")
    contractor.refresh_from_db()
    assert contractor.status == "on_leave"


def test_rates(api: APIClient) -> None:
    contractor = ContractorFactory(rating=Decimal(0), rating_count=0)
    assert api.post(of(contractor, "rate/"), {"rating": 4.5, "comment": "Neat"}).json()["rating"] == 4.5
    assert api.post(of(contractor, "rate/"), {"rating": 0}).json()["rating"] == 2.25
    assert Rating.objects.filter(contractor=contractor).count() == 2


@pytest.mark.parametrize("rating", [-0.01, 5.01, "NaN", "Infinity", True, None, "five", 4.555, 10**400])
def test_refuses_a_rating_outside_the_scale(api: APIClient, rating: float | str | None) -> None:
    contractor = ContractorFactory()
    refused_field(api.post(of(contractor, "rate/"), {"rating": rating}), "rating")
    contractor.refresh_from_db()
    assert (contractor.rating_count, Rating.objects.count()) == (10, 0)


# --- absences -----------------------------------------------------------------------------------


def test_absences_come_and_go(api: APIClient) -> None:
    contractor = ContractorFactory()
    body = {"start": "2031-03-02T09:00:00-06:00", "end": "2031-03-03T09:00:00Z", "kind": "sickness", "note": "Flu"}
    made = api.post(of(contractor, "absences/"), body)
    assert made.status_code == 201
    absence = {name: value for name, value in made.json().items() if not name.startswith("conflicts")}
    assert (absence["start"], absence["end"]) == ("2031-03-02T15:00:00Z", "2031-03-03T09:00:00Z")
    assert api.get(of(contractor, "absences/")).json()["results"] == [absence]
    assert api.get(of(contractor)).json()["absences"] == [absence]
    assert api.delete(of(contractor, f"absences/{absence['id']}/")).status_code == 204
    assert not Absence.objects.exists()
    assert OutboxEvent.objects.filter(type="ScheduleUpdated").count() == 2


def test_whole_days_are_days_of_the_contractor(api: APIClient) -> None:
    contractor = ContractorFactory()
    made = api.post(of(contractor, "absences/"), {"start": "2031-03-08", "end": "2031-03-09"}).json()
    # The clock moves on 9 March 2031 in Chicago: the second day has 23 hours.
    assert (made["start"], made["end"]) == ("2031-03-08T06:00:00Z", "2031-03-10T05:00:00Z")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"start": "2031-03-02T09:00:00"}, "start"),
        ({"start": "0001-01-01T00:00:00+14:00"}, "start"),
        ({"end": "9999-12-31T23:59:59-14:00"}, "end"),
        ({"end": "9999-12-31"}, "end"),
        ({"start": "0001-01-01"}, "start"),
        ({"start": 1}, "start"),
        ({"start": True}, "start"),
        ({"end": "2031-03-01"}, "end"),
        ({"end": "2031-03-02T00:00:00-06:00"}, "end"),
        ({"end": "2040-01-01"}, "end"),
        ({"kind": "party"}, "kind"),
        ({"note": "x" * 201}, "note"),
        ({"contractor": NOBODY}, "contractor"),
    ],
)
def test_refuses_an_absence_that_is_none(api: APIClient, change: dict[str, Any], field: str) -> None:
    contractor = ContractorFactory()
    refused_field(api.post(of(contractor, "absences/"), {"start": "2031-03-02", "end": "2031-03-03", **change}), field)
    assert not Absence.objects.exists()
    assert not OutboxEvent.objects.exists()


def test_an_absence_of_another_contractor_stays(api: APIClient) -> None:
    contractor, other = ContractorFactory(), ContractorFactory()
    body = {"start": "2031-03-02", "end": "2031-03-03"}
    absence = api.post(of(other, "absences/"), body).json()
    problem(api.delete(of(contractor, f"absences/{absence['id']}/")), 404, "not-found")
    problem(api.delete(of(contractor, f"absences/{10**30}/")), 404, "not-found")
    assert Absence.objects.count() == 1


# --- lists --------------------------------------------------------------------------------------


def names(response: ApiResponse) -> list[Any]:
    assert response.status_code == 200, response.content
    return [row["name"] for row in response.json()["results"]]


@pytest.fixture
def people() -> None:
    ContractorFactory(name="Ann", type="tile", rating=Decimal(5), city="Austin", skills=["Grout"], email="a@x.com")
    ContractorFactory(name="Bob", type="carpet", rating=Decimal(3), city="Dallas", status="inactive", email="b@x.com")
    ContractorFactory(name="Cid", type="multi", rating=Decimal(4), city="Reno", state="NV", skills=["Tile setting"])


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["Ann", "Bob", "Cid"]),
        ("search=ann", ["Ann"]),
        ("search=dallas", ["Bob"]),
        ("search=SETTING", ["Cid"]),
        ("search=b@x.com", ["Bob"]),
        ("search=nobody", []),
        ("type=tile", ["Ann"]),
        ("type=tile&type=multi", ["Ann", "Cid"]),
        ("status=inactive", ["Bob"]),
        ("min_rating=4", ["Ann", "Cid"]),
        ("state=NV", ["Cid"]),
        ("skill=grout", ["Ann"]),
        ("skill=grout&type=multi", []),
        ("ordering=-rating", ["Ann", "Cid", "Bob"]),
        ("ordering=rating&page_size=1&page=2", ["Cid"]),
    ],
)
def test_lists(api: APIClient, people: None, query: str, expected: list[str]) -> None:
    assert names(api.get(f"{URL}?{query}")) == expected


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("type=plumbing", "type"),
        ("status=gone", "status"),
        ("min_rating=NaN", "min_rating"),
        ("min_rating=6", "min_rating"),
        ("min_rating=-1e999999", "min_rating"),
        ("state=ZZ", "state"),
        ("skill=%00", "skill"),
    ],
)
def test_refuses_a_filter_that_means_nothing(api: APIClient, query: str, field: str) -> None:
    refused_field(api.get(f"{URL}?{query}"), field)


def test_pages(api: APIClient) -> None:
    for _ in range(3):
        ContractorFactory()
    first = api.get(f"{URL}?page_size=2").json()
    assert (first["count"], len(first["results"]), first["previous"]) == (3, 2, None)
    second = api.get(first["next"]).json()
    assert (second["next"], len(second["results"])) == (None, 1)
    assert {row["id"] for row in first["results"]}.isdisjoint(row["id"] for row in second["results"])
    problem(api.get(f"{URL}?page=3&page_size=2"), 404, "not-found")
    problem(api.get(f"{URL}?page={10**40}"), 404, "not-found")


@pytest.mark.parametrize("value", ["0", "-1", "null", "1.5", "²", "", "9" * 5000])
@pytest.mark.parametrize("name", ["page", "page_size"])
def test_refuses_a_page_that_is_none(api: APIClient, name: str, value: str) -> None:
    refused_field(api.get(f"{URL}?{name}={value}"), name)


def test_a_page_has_at_most_a_hundred(api: APIClient) -> None:
    Contractor.objects.bulk_create(ContractorFactory.build(email=f"crew{n}@example.com", hours=[]) for n in range(105))
    assert len(api.get(f"{URL}?page_size=1000").json()["results"]) == 100
    assert len(api.get(URL).json()["results"]) == 20


# --- schedule and availability --------------------------------------------------------------------


def test_schedule_tells_each_day(api: APIClient) -> None:
    held = AssignmentFactory(start=at(9, days=2))
    contractor = held.contractor
    day = at(0, days=2).date()
    answer = api.get(of(contractor, f"schedule/?start={day}&end={day + timedelta(days=1)}")).json()
    assert answer["time_zone"] == "America/Chicago"
    first, second = answer["days"]
    assert first["date"] == day.isoformat()
    assert [assignment["job_number"] for assignment in first["assignments"]] == [held.job.job_number]
    assert len(first["free_intervals"]) == 2
    assert first["free_intervals"][0]["end"] == first["assignments"][0]["time_slot"]["start"]
    assert (second["assignments"], len(second["free_intervals"])) == ([], 1)
    assert len(api.get(of(contractor, "schedule/")).json()["days"]) == 7


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("start=tomorrow", "start"),
        ("start=0001-01-01&end=0001-01-02", "start"),
        ("start=2031-01-02&end=2031-01-01", "end"),
        ("start=2031-01-01&end=2031-12-31", "end"),
        ("start=9999-12-31", "start"),
    ],
)
def test_schedule_refuses_a_period_that_is_none(api: APIClient, query: str, field: str) -> None:
    refused_field(api.get(of(ContractorFactory(), f"schedule/?{query}")), field)


def test_slots_on_offer_leave_out_what_is_booked(api: APIClient) -> None:
    held = AssignmentFactory(start=at(9, days=2))
    day = at(0, days=2).date()
    answer = api.get(of(held.contractor, f"availability/?date={day}&duration=02:00:00")).json()
    starts = [slot["start"] for slot in answer["available_time_slots"]]
    # 08:00–17:00 with 09:00–11:00 taken: 11:00, 11:30 … 15:00.
    assert len(starts) == 9
    assert starts[0] == held.slot.end.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert (answer["reasons"], answer["duration"]) == ([], "02:00:00")


def test_slots_for_a_job_take_its_day_and_duration(api: APIClient) -> None:
    contractor, job = ContractorFactory(), JobFactory()
    answer = api.get(of(contractor, f"availability/?job={job.pk}")).json()
    assert (answer["date"], answer["duration"]) == (at(0, days=2).date().isoformat(), "02:00:00")
    assert len(answer["available_time_slots"]) == 15


def test_no_unsuitable_contractor_is_offered(api: APIClient) -> None:
    job, day = JobFactory(), at(0, days=2).date()
    other = api.get(of(ContractorFactory(type="tile"), f"availability/?job={job.pk}")).json()
    assert (other["available_time_slots"], other["reasons"][0]["code"]) == ([], "wrong_type")
    gone = ContractorFactory(status="inactive")
    answer = api.get(of(gone, f"availability/?date={day}&duration=01:00:00")).json()
    assert (answer["available_time_slots"], answer["reasons"][0]["code"]) == ([], "inactive")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "date"),
        ("date=2031-01-01", "duration"),
        ("date=2031-01-01&duration=0", "duration"),
        ("date=2031-01-01&duration=00:00:00", "duration"),
        ("date=2031-01-01&duration=08:00:01", "duration"),
        ("date=2031-01-01&duration=-01:00:00", "duration"),
        ("date=9999-12-31&duration=01:00:00", "date"),
        ("date=0001-01-01&duration=01:00:00", "date"),
        (f"job={NOBODY}", "job"),
        ("job=1", "job"),
    ],
)
def test_availability_refuses_a_question_that_is_none(api: APIClient, query: str, field: str) -> None:
    refused_field(api.get(of(ContractorFactory(), f"availability/?{query}")), field)


@pytest.mark.parametrize("tail", ["", "schedule/", "availability/", "absences/"])
def test_no_contractor_with_that_id(api: APIClient, tail: str) -> None:
    problem(api.get(f"{URL}{uuid4()}/{tail}"), 404, "not-found")


def test_a_shift_with_seconds_survives_the_round_trip(api: APIClient) -> None:
    contractor = ContractorFactory(hours=[Shift(1, time(8, 0, 30), time(17))])
    shown = api.get(of(contractor)).json()["working_hours"]
    assert shown == [{"day_of_week": 1, "start_time": "08:00:30", "end_time": "17:00"}]
    assert api.patch(of(contractor), {"working_hours": shown}).json()["working_hours"] == shown


def test_a_phone_number_in_any_spelling_is_answered_in_two(api: APIClient) -> None:
    for number, spelling in enumerate(["+15125550143", "512-555-0143", "tel:+1-512-555-0143"]):
        body = {**BODY, "phone_number": spelling, "email": f"spelling{number}@example.com"}
        made = api.post(URL, body).json()
        assert (made["phone_number"], made["phone_e164"]) == ("(512) 555-0143", "+15125550143")
    seen = client_as(Role.MANAGER).get(f"{URL}{made['id']}/").json()
    assert (seen["phone_number"], seen["phone_e164"]) == (None, None)
    # A contractor works in the US: other numbers are rejected.
    refused_field(api.post(URL, {**BODY, "phone_number": "+44 20 7946 0958"}), "phone_number")
