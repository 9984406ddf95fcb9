"""The clock of a user: the page where it is chosen, and the texts of pages and API calls that follow it."""

from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from assignments.models import Assignment
from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Role
from smartscheduler.accounts.tokens import sign_in
from smartscheduler.core.formatting import Clock, active_clock, local_slot
from tests.factories import AssignmentFactory, UserFactory, at
from tests.pages import errors, saved, signed_in

pytestmark = pytest.mark.django_db
PAGE = "/admin/my-settings/"


def reader(clock: str = "12", role: Role = Role.COORDINATOR) -> User:
    return UserFactory(role=role, clock=clock)


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def slot_text(assignment: Assignment, clock: Clock) -> str:
    return local_slot(assignment.slot, assignment.job.zone, clock)


def list_text(user: User) -> str:
    return browser(user).get("/admin/assignments/assignment/").content.decode()


class TestPage:
    def test_saves_the_choice_and_uses_it_at_once(self) -> None:
        user, assignment = reader(), AssignmentFactory()
        client = browser(user)
        page = client.get(PAGE)
        assert 'value="12"' in page.content.decode()
        answer = client.post(PAGE, {"clock": "24"}, follow=True)
        assert "Your settings were saved." in answer.content.decode()
        user.refresh_from_db()
        assert user.clock == "24"
        assert slot_text(assignment, Clock.TWENTY_FOUR_HOURS) in list_text(user)

    @pytest.mark.parametrize("clock", ["", "13", "%00"])
    def test_refuses_an_unknown_clock(self, clock: str) -> None:
        user = reader()
        answer = browser(user).post(PAGE, {"clock": clock})
        assert list(answer.context["form"].errors) == ["clock"]
        user.refresh_from_db()
        assert user.clock == "12"

    def test_is_for_every_role(self) -> None:
        assert all(signed_in(role).get(PAGE).status_code == 200 for role in Role)

    def test_asks_visitors_to_sign_in(self) -> None:
        assert Client().get(PAGE).status_code == 302

    def test_administrators_choose_it_for_others(self) -> None:
        user = reader()
        page = f"/admin/accounts/user/{user.pk}/change/"
        values = {"email": user.email, "name": "Ann", "role": user.role, "is_active": "on"}
        client = signed_in(Role.ADMINISTRATOR)
        assert "clock" in errors(client.post(page, {**values, "clock": "13"}))
        assert saved(client.post(page, {**values, "clock": "24"}))
        user.refresh_from_db()
        assert user.clock == "24"


class TestTexts:
    def test_follow_the_reader_of_each_request(self) -> None:
        assignment = AssignmentFactory()
        texts = {clock: slot_text(assignment, clock) for clock in Clock}
        for clock, other in [("24", "12"), ("12", "24"), ("24", "12")]:
            page = list_text(reader(clock))
            assert texts[Clock(clock)] in page
            assert texts[Clock(other)] not in page
        assert active_clock() == Clock.TWELVE_HOURS

    def test_scripts_know_the_clock(self) -> None:
        for address in ("/", "/admin/"):
            assert '<meta name="clock" content="24">' in browser(reader("24")).get(address).content.decode()

    def test_programs_get_one_form(self) -> None:
        """A refusal of the API names a time: for a token with the default, for a page with the clock of its reader."""
        user = reader("24")
        later, token = (
            AssignmentFactory(start=at(13, days=5), status="confirmed", confirmed_at=at(0)),
            sign_in(user).access,
        )
        address = f"/api/v1/assignments/{later.pk}/start/"
        program, page = APIClient(), APIClient()
        page.force_login(user)
        refused: Any = program.post(address, HTTP_AUTHORIZATION=f"Bearer {token}")
        assert "1:00 PM" in refused.json()["detail"]
        refused = page.post(address)
        assert "13:00" in refused.json()["detail"]

    def test_the_account_names_the_clock(self) -> None:
        client = APIClient()
        client.force_login(reader("24"))
        assert client.get("/api/v1/auth/me/").json()["clock"] == "24"
