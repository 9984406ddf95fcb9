"""The reassign page: ranked contractors, the same time first, confirmation, and the change."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from assignments.models import Assignment
from assignments.services import reassign_assignment
from smartscheduler.accounts.permissions import Role
from smartscheduler.events.models import OutboxEvent
from tests.factories import AbsenceFactory, AssignmentFactory, ContractorFactory, UserFactory, at
from tests.pages import PageResponse, signed_in

pytestmark = pytest.mark.django_db


def url(assignment: Assignment, query: str = "") -> str:
    return reverse("admin:assignments_assignment_reassign", args=[assignment.pk]) + query


def page(assignment: Assignment) -> str:
    return reverse("admin:assignments_assignment_change", args=[assignment.pk])


def give(
    client: Client,
    assignment: Assignment,
    contractor: Any,
    start: datetime | None = None,
    *,
    follow: bool = True,
    **more: str,
) -> PageResponse:
    when = (start or assignment.slot.start).isoformat()
    sent = {"contractor": str(getattr(contractor, "pk", contractor)), "start": when, "confirmed": "1", **more}
    return client.post(url(assignment), sent, follow=follow)


def instant(offer: Any) -> datetime:
    return datetime.fromisoformat(offer.value)


def unchanged(assignment: Assignment) -> bool:
    assignment.refresh_from_db()
    return (assignment.status, Assignment.objects.count(), OutboxEvent.objects.count()) == ("pending", 1, 0)


def test_ranks_the_others_and_leaves_out_who_has_it() -> None:
    assignment = AssignmentFactory(contractor__rating=Decimal("5.00"), contractor__name="Present Floors")
    best, other = ContractorFactory(rating=Decimal("4.50")), ContractorFactory(rating=Decimal("3.00"))
    response = signed_in().get(url(assignment))
    assert [(card["rank"], card["contractor"]) for card in response.context["cards"]] == [(2, best), (3, other)]
    seen = " ".join(response.content.decode().split())
    assert "Present Floors, the current contractor, has rank 1 and is not listed." in seen
    assert f"Reassign to {best.name}" in seen
    assert "1.00</strong> × 0.40 = 0.4000" in seen


def test_the_number_of_results_does_not_count_who_has_it() -> None:
    assignment = AssignmentFactory(contractor__rating=Decimal("5.00"))
    ContractorFactory.create_batch(3)
    for number in (1, 2, 50):
        cards = signed_in().get(url(assignment, f"?max_results={number}")).context["cards"]
        assert len(cards) == min(number, 3)


def test_says_who_is_free_at_the_same_time_and_why_the_others_are_not() -> None:
    assignment = AssignmentFactory(start=at(9, days=2))
    free = ContractorFactory(name="Free Floors", rating=Decimal("5.00"))
    busy = ContractorFactory(name="Busy Floors")
    AssignmentFactory(contractor=busy, start=at(10, days=2))
    away = ContractorFactory(name="Away Floors", rating=Decimal("1.00"))
    AbsenceFactory(contractor=away, period=(at(0, days=2), at(12, days=2)))
    cards = {card["contractor"]: card for card in signed_in().get(url(assignment)).context["cards"]}
    assert instant(cards[free]["same"]) == assignment.slot.start
    assert assignment.slot.start not in map(instant, cards[free]["offers"])
    assert cards[busy]["same"] is None
    assert cards[busy]["same_reason"].startswith("Busy Floors has another assignment at that time.")
    assert cards[away]["same_reason"].startswith("Away Floors is absent at that time.")


def test_the_first_step_asks_and_changes_nothing() -> None:
    assignment, other = AssignmentFactory(), ContractorFactory()
    sent = {"contractor": str(other.pk), "start": assignment.slot.start.isoformat(), "override_reason": "Sick"}
    asked = signed_in().post(url(assignment), sent)
    assert asked.context["contractor"] == other
    assert "Reassign to <strong>" in asked.content.decode()
    assert unchanged(assignment)


def test_reassigns_in_one_step_and_goes_to_the_new_one() -> None:
    assignment, other = AssignmentFactory(), ContractorFactory()
    response = give(signed_in(), assignment, other, follow=False, override_reason="Sick")
    new = Assignment.objects.get(contractor=other)
    assert response["Location"] == page(new)
    assignment.refresh_from_db()
    assert (assignment.status, new.status, new.override_reason) == ("cancelled", "pending", "Sick")
    assert new.slot == assignment.slot


def test_a_double_click_is_one_move() -> None:
    assignment, other, client = AssignmentFactory(), ContractorFactory(), signed_in()
    first = give(client, assignment, other, follow=False)
    second = give(client, assignment, other, follow=False)
    assert first["Location"] == second["Location"]
    assert Assignment.objects.count() == 2


@pytest.mark.parametrize("who", ["same", "unsuitable", "nobody", "nonsense"])
def test_a_refused_one_changes_nothing(who: str) -> None:
    assignment = AssignmentFactory()
    ids = {
        "same": assignment.contractor_id,
        "unsuitable": ContractorFactory(type="tile").pk,
        "nobody": assignment.pk,
        "nonsense": "x",
    }
    # The same contractor at the same time would be no change: it is asked for at another.
    response = give(signed_in(), assignment, ids[who], at(13, days=2))
    assert [str(message) for message in response.context["messages"]]
    assert unchanged(assignment)


def test_a_named_contractor_gets_an_answer() -> None:
    assignment, client = AssignmentFactory(contractor__name="Present Floors"), signed_in()
    zed = ContractorFactory(name="Zed Floors", rating=Decimal("1.00"))
    answer = client.get(url(assignment, "?q=zed")).context["answer"]
    assert (answer["contractor"], answer["rank"]) == (zed, 2)
    assert instant(answer["same"]) == assignment.slot.start
    assert "has this job now" in client.get(url(assignment, "?q=present")).content.decode()


def test_the_second_coordinator_is_told_who_was_faster() -> None:
    assignment, other, late = AssignmentFactory(), ContractorFactory(), ContractorFactory()
    client = signed_in()
    assert client.get(url(assignment)).context["cards"]
    new = reassign_assignment(
        assignment_id=assignment.pk, contractor_id=other.pk, actor=UserFactory(name="Casey Coordinator")
    )
    seen = give(client, assignment, late).content.decode()
    assert "An assignment that is canceled cannot be reassigned." in seen
    assert f"Casey Coordinator assigned {assignment.job} to {other.name}" in seen
    assert page(new) in seen
    assert Assignment.objects.live().get() == new


def test_a_finished_one_is_not_ranked() -> None:
    assignment = AssignmentFactory(status="cancelled", cancelled_at=at(0), job__status="open")
    response = signed_in().get(url(assignment))
    assert "cards" not in response.context
    assert not response.context["rankable"]


def test_who_may_not_is_refused() -> None:
    assignment, other, client = AssignmentFactory(), ContractorFactory(), signed_in(Role.MANAGER)
    assert client.get(url(assignment)).status_code == 403
    assert give(client, assignment, other, follow=False).status_code == 403
    assert unchanged(assignment)


def test_costs_the_same_at_any_size(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    assignment, client = AssignmentFactory(), signed_in()
    ContractorFactory.create_batch(40)
    client.get(url(assignment))
    with django_assert_max_num_queries(15):
        client.get(url(assignment, "?max_results=50"))


def test_a_ranking_that_has_changed_is_refused() -> None:
    assignment, other, client = AssignmentFactory(), ContractorFactory(), signed_in()
    token = client.get(url(assignment)).context["ranking_token"]
    better = ContractorFactory(rating=Decimal("5.00"))
    response = give(client, assignment, other, ranking_token=token)
    assert "Not reassigned. The ranking of" in response.content.decode()
    assert unchanged(assignment)
    token = response.context["ranking_token"]
    give(client, assignment, better, ranking_token=token)
    assert Assignment.objects.live().get().contractor == better


def test_the_reason_is_asked_unless_the_best_of_the_others_is_chosen() -> None:
    assignment = AssignmentFactory(contractor__rating=Decimal("5.00"))
    ContractorFactory(rating=Decimal("4.50"))
    ContractorFactory(rating=Decimal("3.00"))
    cards = signed_in().get(url(assignment)).context["cards"]
    assert [(card["rank"], card["is_override"]) for card in cards] == [(2, False), (3, True)]


def test_an_administrator_breaks_the_window_at_the_same_time_too() -> None:
    booking = AssignmentFactory(
        start=at(13, days=2),
        job__window_start=at(8, days=2),
        job__window_end=at(10, days=2),
        window_break_reason="Agreed by phone",
    )
    other, client = ContractorFactory(), signed_in(Role.ADMINISTRATOR)
    (card,) = client.get(url(booking)).context["cards"]
    assert card["same"] is None
    (card,) = client.get(url(booking, "?outside_window=on")).context["cards"]
    assert card["same"].breaks_window
    give(client, booking, other)
    booking.refresh_from_db()
    assert booking.status == "pending"
    give(client, booking, other, window_break_reason="Agreed by phone")
    made = Assignment.objects.live().get()
    assert (made.contractor, made.slot, made.window_break_reason) == (other, booking.slot, "Agreed by phone")
