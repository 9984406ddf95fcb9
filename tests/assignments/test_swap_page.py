"""The page to swap two bookings: those nearby, a search, the reasons, and a confirmation."""

from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from assignments.models import Assignment
from smartscheduler.accounts.permissions import Role
from tests.factories import AbsenceFactory, AssignmentFactory, ContractorFactory, at
from tests.pages import PageResponse, fields_of, signed_in

pytestmark = pytest.mark.django_db


def url(assignment: Assignment) -> str:
    return reverse("admin:assignments_assignment_swap", args=[assignment.pk])


def offered(response: PageResponse) -> dict[str, str]:
    """The obstacle of each offered swap, by job number; empty if there is none."""
    assert response.status_code == 200
    return {swap.other.job.job_number: swap.obstacle for swap in response.context["swaps"]}


def text_of(response: PageResponse) -> str:
    return " ".join(response.content.decode().split())


def places() -> dict[Any, Any]:
    return {booking.job_id: (booking.contractor_id, booking.slot) for booking in Assignment.objects.live()}


def test_offers_the_bookings_nearby_with_the_reasons_of_those_that_cannot_be_swapped() -> None:
    first, second, third = (AssignmentFactory(start=at(hour, days=2)) for hour in (9, 10, 11))
    AbsenceFactory(contractor=second.contractor, period=(at(9, days=2), at(10, days=2)))
    AssignmentFactory(start=at(9, days=9))
    response = signed_in().get(url(first))
    obstacles = offered(response)
    assert list(obstacles) == [third.job.job_number, second.job.job_number]
    assert obstacles[third.job.job_number] == ""
    assert obstacles[second.job.job_number].startswith(f"{first.job.job_number}: ")
    assert f'name="other" value="{third.pk}"' in text_of(response)
    assert f'name="other" value="{second.pk}"' not in text_of(response)


def test_a_search_finds_bookings_that_are_far_away() -> None:
    first = AssignmentFactory(start=at(9, days=2))
    far = AssignmentFactory(start=at(9, days=9), contractor=ContractorFactory(name="Fay Far"))
    client = signed_in()
    assert offered(client.get(url(first))) == {}
    assert "No other booking within three days is near this site." in text_of(client.get(url(first)))
    assert list(offered(client.get(url(first), {"q": "fay"}))) == [far.job.job_number]
    assert "No coming booking matches." in text_of(client.get(url(first), {"q": "zzz\x00"}))


def test_asks_then_swaps_two_contractors() -> None:
    first, second = AssignmentFactory(start=at(9, days=2)), AssignmentFactory(start=at(10, days=2))
    client, before = signed_in(), places()
    asked = text_of(client.post(url(first), {"other": str(second.pk)}))
    assert f"Swap {first.job.job_number} with {second.job.job_number}?" in asked
    assert f"{first.job.job_number} → <strong>{second.contractor.name}, " in asked
    assert places() == before
    sent = {"other": str(second.pk), "confirmed": "1", "override_reason": "Both live nearer"}
    response = client.post(url(first), sent, follow=True)
    assert f"{first.job.job_number} and {second.job.job_number} are swapped: " in text_of(response)
    assert places() == {
        first.job_id: (second.contractor_id, first.slot),
        second.job_id: (first.contractor_id, second.slot),
    }
    # The second click of a double click swaps nothing back.
    again = client.post(url(first), sent)
    assert "An assignment that is canceled cannot be swapped." in text_of(again)
    assert Assignment.objects.live().get(job=first.job_id).override_reason == "Both live nearer"


def test_two_bookings_of_one_contractor_trade_their_times() -> None:
    first = AssignmentFactory(start=at(9, days=2))
    second = AssignmentFactory(contractor=first.contractor, start=at(13, days=2))
    client = signed_in()
    assert offered(client.get(url(first))) == {second.job.job_number: ""}
    sent = fields_of(client.post(url(first), {"other": str(second.pk)}), "swap-form")
    client.post(url(first), sent)
    # The second click of a double click does not swap them back.
    assert "has changed in the meantime" in text_of(client.post(url(first), sent))
    assert places() == {
        first.job_id: (first.contractor_id, second.slot),
        second.job_id: (first.contractor_id, first.slot),
    }


def test_a_refusal_is_shown_and_changes_nothing() -> None:
    first, second = AssignmentFactory(start=at(9, days=2)), AssignmentFactory(start=at(9, days=2))
    AbsenceFactory(contractor=second.contractor, period=(at(9, days=2), at(10, days=2)))
    client, before = signed_in(), places()
    assert "Not swapped. " in text_of(client.post(url(first), {"other": str(second.pk), "confirmed": "1"}))
    for other in ("", "x", str(uuid4()), str(first.pk)):
        assert "Choose another assignment to swap with." in text_of(client.post(url(first), {"other": other}))
    long = {"other": str(second.pk), "confirmed": "1", "override_reason": "x" * 501}
    assert "at most 500 characters" in text_of(client.post(url(first), long))
    assert places() == before


def test_a_completed_booking_cannot_be_swapped() -> None:
    done = AssignmentFactory(
        start=at(9, days=-2), status="completed", confirmed_at=at(0), started_at=at(0), completed_at=at(0)
    )
    assert "An assignment that is completed cannot be swapped." in text_of(signed_in().get(url(done)))


def test_the_number_of_queries_does_not_grow(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    first = AssignmentFactory(start=at(9, days=2))
    for hour in range(8, 15):
        AssignmentFactory(start=at(hour, days=2))
    client = signed_in()
    with django_assert_max_num_queries(16):
        assert len(offered(client.get(url(first)))) == 7


def test_who_may_swap() -> None:
    first = AssignmentFactory(start=at(9, days=2))
    page = reverse("admin:assignments_assignment_change", args=[first.pk])
    assert url(first) in text_of(signed_in().get(page))
    manager = signed_in(Role.MANAGER)
    assert url(first) not in text_of(manager.get(page))
    assert manager.get(url(first)).status_code == 403
