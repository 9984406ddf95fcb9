"""After an erasure, the database has no personal data, and all statistics are unchanged."""

import threading
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from assignments.models import Assignment
from assignments.services import assign_job
from assignments.states import LIVE
from contractors import services as people
from contractors.models import Absence, Contractor, Rating
from jobs.models import Job
from smartscheduler.accounts.models import BrowserSession, User
from smartscheduler.accounts.permissions import Role
from smartscheduler.audit.models import Act, AuditEntry
from smartscheduler.backoffice.reports.queries import report
from smartscheduler.backoffice.reports.utilization import totals
from smartscheduler.errors import (
    ContractorUnsuitable,
    InvalidInput,
    InvalidTransition,
    LiveAssignments,
    NotAllowed,
    PersonErased,
)
from smartscheduler.events.models import OutboxEvent
from smartscheduler.imports.models import ImportRun
from smartscheduler.notifications.models import Mail
from smartscheduler.ops import doctor
from smartscheduler.privacy.customer_search import find_customer
from smartscheduler.privacy.models import Erasure
from smartscheduler.privacy.services import erase_contractor, erase_customer, erase_user
from tests.api import V1, client_of, problem
from tests.factories import AssignmentFactory, ContractorFactory, JobFactory, UserFactory, at
from tests.privacy.people import OF_ADA, OF_GRACE, book, found_anywhere, seed_contractor, seed_customer, seed_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(db: None) -> User:
    return UserFactory(role=Role.ADMINISTRATOR, name="Avery Admin", email="avery@office.example")


def figures() -> dict[Any, Any]:
    """Everything that is counted, summed or reported."""
    today = timezone.now().date()
    since, until = today - timedelta(days=7), today + timedelta(days=7)
    result = report(since, until)
    return {
        "report": {name: value for name, value in vars(result).items() if not name.endswith("reasons")},
        "reasons": [[count for _, count in reasons] for reasons in (result.override_reasons, result.cancel_reasons)],
        "weeks": totals(since, until).weeks,
        "contractors": list(Contractor.objects.order_by("pk").values_list("rating", "rating_count", "rating_total")),
        "ratings": list(Rating.objects.order_by("pk").values_list("contractor", "value", "job_id", "given_by")),
        "absences": list(Absence.objects.order_by("pk").values_list("contractor", "period")),
        "assignments": list(
            Assignment.objects.order_by("pk").values_list(
                *("contractor", "job", "time_slot", "status", "score", "rank", "candidates_considered", "assigned_by")
            )
        ),
        "jobs": list(Job.objects.order_by("pk").values_list("job_number", "status", "city", "state", "desired_date")),
    }


def broken() -> list[Any]:
    return [
        outcome.check.name for outcome in doctor.examine(doctor.chosen(data_only=True), show=1) if outcome.is_broken
    ]


class TestContractor:
    def test_nothing_in_the_whole_database_says_who_it_was(self, admin: User) -> None:
        ada = seed_contractor(admin)
        assert set(found_anywhere(OF_ADA)) == set(OF_ADA) - {"302671234"}
        erase_contractor(contractor_id=ada.pk, actor=admin)
        assert found_anywhere(OF_ADA) == {}

    def test_every_figure_is_what_it_was(self, admin: User) -> None:
        ada = seed_contractor(admin)
        before, sound = figures(), broken()
        erase_contractor(contractor_id=ada.pk, actor=admin)
        assert figures() == before
        assert broken() == sound

    def test_what_is_left_of_the_record(self, admin: User) -> None:
        ada = seed_contractor(admin)
        version = ada.version
        erase_contractor(contractor_id=ada.pk, actor=admin)
        ada.refresh_from_db()
        assert (ada.name, ada.status, ada.is_erased) == ("Former contractor 1", "inactive", True)
        assert (ada.latitude, ada.longitude, ada.city) == (Decimal("30.3"), Decimal("-97.7"), "Austin")
        assert ada.version > version
        ada.full_clean()
        assert list(ada.absences.values_list("kind", "note")) == [("other", "")]

    def test_others_of_the_same_name_and_number_are_left_alone(self, admin: User) -> None:
        ada = seed_contractor(admin)
        twin = ContractorFactory(name=ada.name, phone_number="(512) 555-7701", email="twin@crews.example")
        people.update_contractor(contractor_id=twin.pk, skills=["Mosaic"], actor=admin)
        people.update_contractor(contractor_id=twin.pk, name="Ada Tiles", actor=admin)
        people.update_contractor(contractor_id=twin.pk, name="Ada Tiles-Moore", actor=admin)
        events = OutboxEvent.objects.filter(data__contains={"contractor_id": str(twin.pk)})
        before = list(events.order_by("position").values_list("data", flat=True))
        erase_contractor(contractor_id=ada.pk, actor=admin)
        twin.refresh_from_db()
        assert (twin.name, twin.phone_number, twin.skills) == ("Ada Tiles-Moore", "(512) 555-7701", ["Mosaic"])
        assert list(events.order_by("position").values_list("data", flat=True)) == before

    def test_a_name_of_one_word_is_taken_out_where_it_can_only_be_this_one(self, admin: User) -> None:
        rose, other = ContractorFactory(name="Rose"), JobFactory(special_requirements="Rose tiles in the hall")
        booked = AssignmentFactory(contractor=rose, status="cancelled", cancelled_at=at(9), cancel_reason="Rose is ill")
        erase_contractor(contractor_id=rose.pk, actor=admin)
        booked.refresh_from_db()
        other.refresh_from_db()
        assert booked.cancel_reason == "Former contractor 1 is ill"
        assert other.special_requirements == "Rose tiles in the hall"

    def test_the_world_is_told_without_values(self, admin: User) -> None:
        ada = seed_contractor(admin)
        erase_contractor(contractor_id=ada.pk, actor=admin)
        event = OutboxEvent.objects.latest("position")
        assert (event.type, event.data["contractor_name"]) == ("ContractorUpdated", "Former contractor 1")
        assert event.data["changed"] == {
            **dict.fromkeys(["name", "phone_number", "email", "external_id", "address"]),
            **dict.fromkeys(["zip_code", "latitude", "longitude"]),
            "status": "inactive",
        }
        assert event.data["previous"] == {}

    def test_it_is_listed_and_written_down(
        self,
        admin: User,
        settings: Settings,
        tmp_path: Path,
        django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    ) -> None:
        settings.ERASURE_LIST = str(tmp_path / "kept" / "erasures.jsonl")
        ada = seed_contractor(admin)
        with django_capture_on_commit_callbacks(execute=True):
            erase_contractor(contractor_id=ada.pk, actor=admin)
        listed = Erasure.objects.get()
        assert (listed.kind, listed.number, listed.subject, listed.erased_by) == ("contractor", 1, ada.pk, admin)
        entry = AuditEntry.objects.get(act=Act.PERSON_ERASED)
        assert entry.details == {"kind": "contractor", "number": 1, "subject": str(ada.pk)}
        assert str(ada.pk) in (tmp_path / "kept" / "erasures.jsonl").read_text()

    def test_is_refused_with_the_list_while_assignments_are_live(self, admin: User) -> None:
        ada = seed_contractor(admin)
        live = book(JobFactory(), ada, admin, hour=15)
        before = found_anywhere(OF_ADA)
        with pytest.raises(LiveAssignments) as refusal:
            erase_contractor(contractor_id=ada.pk, actor=admin)
        assert [assignment["id"] for assignment in refusal.value.extra["assignments"]] == [str(live.pk)]
        assert found_anywhere(OF_ADA) == before
        assert not Erasure.objects.exists()

    def test_is_refused_while_an_import_names_them(self, admin: User) -> None:
        ada = seed_contractor(admin)
        ImportRun.objects.update(state="importing")
        with pytest.raises(InvalidTransition, match=r"list\.csv"):
            erase_contractor(contractor_id=ada.pk, actor=admin)
        assert ImportRun.objects.exists()

    def test_once_is_enough_and_unknown_ids_are_said(self, admin: User) -> None:
        ada = seed_contractor(admin)
        erase_contractor(contractor_id=ada.pk, actor=admin)
        with pytest.raises(PersonErased, match="Former contractor 1 was already erased"):
            erase_contractor(contractor_id=ada.pk, actor=admin)
        with pytest.raises(Contractor.DoesNotExist):
            erase_contractor(contractor_id=admin.pk, actor=admin)
        assert Erasure.objects.count() == 1

    def test_nothing_is_entered_about_them_any_more(self, admin: User) -> None:
        ada = seed_contractor(admin)
        erase_contractor(contractor_id=ada.pk, actor=admin)
        for act in (people.activate_contractor, people.mark_on_leave):
            with pytest.raises(PersonErased):
                act(contractor_id=ada.pk, actor=admin)
        with pytest.raises(PersonErased):
            people.update_contractor(contractor_id=ada.pk, name="Ada Again", actor=admin)

    def test_the_api_says_so(self, admin: User) -> None:
        ada = seed_contractor(admin)
        erase_contractor(contractor_id=ada.pk, actor=admin)
        answer = client_of(admin).patch(f"{V1}/contractors/{ada.pk}/", {"name": "Ada Again"})
        problem(answer, 409, "person-erased")

    def test_no_mail_goes_to_where_they_were(self, admin: User) -> None:
        ada = seed_contractor(admin)
        Mail.objects.update(state="waiting", sent_at=None)
        erase_contractor(contractor_id=ada.pk, actor=admin)
        assert set(Mail.objects.filter(assignment__contractor=ada).values_list("state", "recipient")) == {
            ("skipped", "")
        }


class TestCustomer:
    def test_is_found_however_it_is_spelt(self, admin: User) -> None:
        jobs = {job.pk for job in seed_customer(admin)}
        other = JobFactory(customer_name="Grace Hillcrest", customer_phone="(512) 555-0000")
        assert {match.job.pk for match in find_customer(phone="+1 512.555.7703")} == jobs
        by_name = find_customer(name="Mrs. HILLCREST, gráce")
        assert {match.job.pk for match in by_name} == {*jobs, other.pk}
        both = {match.job.pk: match.by for match in find_customer(name="grace hillcrest", phone="5125557703")}
        assert both == {**dict.fromkeys(jobs, ("name", "phone")), other.pk: ("name",)}

    @pytest.mark.parametrize(("asked", "field"), [({}, "name"), ({"phone": "555"}, "phone"), ({"name": "..."}, "name")])
    def test_asks_for_something_to_go_by(self, admin: User, asked: dict[str, str], field: str) -> None:
        with pytest.raises(InvalidInput) as refusal:
            find_customer(**asked)
        assert field in refusal.value.errors

    def test_nothing_in_the_whole_database_says_who_it_was(self, admin: User) -> None:
        jobs = seed_customer(admin)
        assert set(found_anywhere(OF_GRACE)) == set(OF_GRACE)
        erase_customer(job_ids=[job.pk for job in jobs], actor=admin)
        assert found_anywhere(OF_GRACE) == {}

    def test_every_figure_is_what_it_was(self, admin: User) -> None:
        jobs = seed_customer(admin)
        before, sound = figures(), broken()
        erase_customer(job_ids=[job.pk for job in jobs], actor=admin)
        assert figures() == before
        assert broken() == sound

    def test_another_of_the_name_is_left_alone(self, admin: User) -> None:
        jobs = seed_customer(admin)
        other = JobFactory(customer_name="Grace Hillcrest", customer_phone="(512) 555-0000")
        erase_customer(job_ids=[job.pk for job in jobs], actor=admin)
        other.refresh_from_db()
        assert other.customer_name == "Grace Hillcrest"

    def test_is_refused_with_the_list_while_jobs_are_open(self, admin: User) -> None:
        jobs = [*seed_customer(admin), JobFactory(customer_phone="(512) 555-7703")]
        with pytest.raises(InvalidTransition) as refusal:
            erase_customer(job_ids=[job.pk for job in jobs], actor=admin)
        assert refusal.value.extra["jobs"] == [jobs[-1].job_number]
        assert found_anywhere(["Grace Hillcrest"])

    def test_once_is_enough_and_no_jobs_are_too_few(self, admin: User) -> None:
        ids = [job.pk for job in seed_customer(admin)]
        erase_customer(job_ids=ids, actor=admin)
        with pytest.raises(PersonErased):
            erase_customer(job_ids=ids, actor=admin)
        with pytest.raises(InvalidInput):
            erase_customer(job_ids=[], actor=admin)
        with pytest.raises(Job.DoesNotExist):
            erase_customer(job_ids=[admin.pk], actor=admin)

    def test_live_pages_are_told(self, admin: User) -> None:
        jobs = seed_customer(admin)
        erase_customer(job_ids=[job.pk for job in jobs], actor=admin)
        events = OutboxEvent.objects.order_by("-position")[:2]
        assert {event.data["job_id"] for event in events} == {str(job.pk) for job in jobs}
        assert all(set(event.data["changed"].values()) == {None} for event in events)


class TestUser:
    WORDS = ("Uma Former", "uma.former@office.example", "uma@before.example", "10.1.2.3")

    def test_nothing_in_the_whole_database_says_who_it_was(self, admin: User) -> None:
        uma = seed_user()
        assert set(found_anywhere(list(self.WORDS))) == set(self.WORDS)
        erase_user(user_id=uma.pk, actor=admin)
        assert found_anywhere(list(self.WORDS)) == {}
        assert not BrowserSession.objects.exists()

    def test_what_they_did_stays_by_a_former_user(self, admin: User) -> None:
        uma = seed_user()
        before = figures()
        erase_user(user_id=uma.pk, actor=admin)
        assert figures() == before
        uma.refresh_from_db()
        assert (uma.name, uma.is_active, uma.has_usable_password()) == ("Former user 1", False, False)
        actor = OutboxEvent.objects.filter(type="JobUpdated").latest("position").actor
        assert actor
        assert (actor["id"], actor["name"], actor["email"]) == (str(uma.pk), "Former user 1", uma.email)

    def test_own_account_and_last_administrator_cannot_be_erased(self, admin: User) -> None:
        with pytest.raises(NotAllowed, match="your own"):
            erase_user(user_id=admin.pk, actor=admin)
        with pytest.raises(NotAllowed, match="last administrator"):
            erase_user(user_id=admin.pk, actor=None)

    def test_once_is_enough(self, admin: User) -> None:
        uma = seed_user()
        erase_user(user_id=uma.pk, actor=admin)
        with pytest.raises(PersonErased):
            erase_user(user_id=uma.pk, actor=admin)

    def test_numbers_go_up(self, admin: User) -> None:
        for number in (1, 2):
            assert erase_user(user_id=UserFactory().pk, actor=admin).number == number


@pytest.mark.django_db(transaction=True)
def test_an_erasure_and_a_booking_at_once_never_both_happen() -> None:
    admin, ada, job = UserFactory(role=Role.ADMINISTRATOR), ContractorFactory(name="Ada Tiles"), JobFactory()
    came, barrier = {}, threading.Barrier(3)

    def run(name: str, act: Any) -> None:
        barrier.wait()
        try:
            came[name] = act()
        except (LiveAssignments, ContractorUnsuitable, PersonErased) as refusal:
            came[name] = refusal
        finally:
            connection.close()

    def erase() -> Erasure:
        return erase_contractor(contractor_id=ada.pk, actor=admin)

    def assign() -> Assignment:
        return assign_job(job_id=job.pk, contractor_id=ada.pk, start=at(9, days=2), actor=admin)

    threads = [
        threading.Thread(target=run, args=pair) for pair in (("erase", erase), ("twice", erase), ("assign", assign))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ada.refresh_from_db()
    booked = ada.assignments.filter(status__in=LIVE).exists()
    assert booked != ada.is_erased
    erased = [came[name] for name in ("erase", "twice") if isinstance(came[name], Erasure)]
    assert len(erased) == (0 if booked else 1)
    assert isinstance(came["assign"], Assignment) == booked
