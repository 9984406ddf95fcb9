"""The sentence about a candidate that a customer would understand, and where pages and the API show it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from assignments.wanted_time import apart_from_desired, start_and_difference
from jobs.models import Job
from jobs.requirements import JobRequest
from recommendations.explanations import summary
from smartscheduler.core.formatting import local_time
from smartscheduler.timeslots import TimeSlot
from tests.api import V1, client_as
from tests.factories import AbsenceFactory, AssignmentFactory, ContractorFactory, JobFactory, at
from tests.pages import signed_in


def slot(start: datetime) -> TimeSlot:
    return TimeSlot(start, start + timedelta(hours=2))


def request(**values: Any) -> JobRequest:
    return JobRequest.of(JobFactory.build(**{"desired_date": at(11, days=3), "duration": timedelta(hours=2), **values}))


@pytest.mark.parametrize(
    ("start", "text"),
    [
        (lambda: at(11, days=3), ""),
        (lambda: at(7, 30, days=3), "3 h 30 min earlier than desired"),
        (lambda: at(11, 15, days=3), "15 min later than desired"),
        (lambda: at(11, days=4), "1 day later than desired"),
        (lambda: at(11, days=1), "2 days earlier than desired"),
        (lambda: at(13, days=5), "2 days later than desired, 2 h later in the day"),
    ],
)
def test_the_difference_in_a_few_words(start: Callable[[], datetime], text: str) -> None:
    assert apart_from_desired(slot(start()), request()) == text
    in_full = local_time(start(), request().zone)
    assert start_and_difference(slot(start()), request()) == (f"{in_full} ({text})" if text else in_full)


@pytest.mark.parametrize(
    ("miles", "rating", "count", "text"),
    [
        (4.2, "4.80", 12, "Free at the desired time, 4 miles away, 4.8 stars."),
        (1.4, "5.00", 1, "Free at the desired time, 1 mile away, 5.0 stars."),
        (0.2, "0.00", 0, "Free at the desired time, less than a mile away, not rated yet."),
        (12.6, "3.50", 0, "Free at the desired time, 13 miles away, 3.5 stars."),
    ],
)
def test_a_contractor_who_is_free_at_the_desired_time(miles: float, rating: str, count: int, text: str) -> None:
    assert summary(request(), slot(at(11, days=3)), miles, Decimal(rating), count) == text


def test_another_start_is_named_with_its_difference() -> None:
    sentence = summary(request(), slot(at(7, 30, days=3)), 4, Decimal("4.80"), 12)
    start = local_time(at(7, 30, days=3), request().zone)
    assert sentence == f"Free {start} (3 h 30 min earlier than desired), 4 miles away, 4.8 stars."


@pytest.mark.django_db
class TestSummary:
    def test_is_in_the_api_beside_the_formula(self) -> None:
        contractor, job, api = ContractorFactory(), JobFactory(desired_date=at(11, days=2)), client_as()
        (entry,) = api.get(f"{V1}/jobs/{job.pk}/recommendations/").json()["recommendations"]
        assert entry["summary"] == "Free at the desired time, less than a mile away, 4.0 stars."
        assert "Score 0." in entry["score_breakdown"]["explanation"]
        answer = api.get(f"{V1}/jobs/{job.pk}/recommendations/{contractor.pk}/").json()
        assert answer["summary"] == entry["summary"]
        other = ContractorFactory(type="tile")
        assert api.get(f"{V1}/jobs/{job.pk}/recommendations/{other.pk}/").json()["summary"] == ""

    @pytest.mark.parametrize("page", ["recommend", "panel"])
    def test_comes_before_the_formula(self, page: str) -> None:
        ContractorFactory()
        job = JobFactory(desired_date=at(11, days=2))
        url = reverse("admin:jobs_job_recommend", args=[job.pk]) if page == "recommend" else f"/live/jobs/{job.pk}/"
        html = signed_in().get(url).content.decode()
        sentence = html.index("Free at the desired time, less than a mile away, 4.0 stars.")
        assert sentence < html.index("How the score is made") < html.index("Score 0.")

    def test_of_a_reassignment_is_about_the_time_of_the_booking(self) -> None:
        booking = AssignmentFactory(start=at(9, days=2), job__desired_date=at(11, days=2))
        ContractorFactory()
        url = reverse("admin:assignments_assignment_reassign", args=[booking.pk])
        (card,) = signed_in().get(url).context["cards"]
        assert "(2 h earlier than desired)" in card["summary"]


@pytest.mark.django_db
class TestUrgentJobs:
    @pytest.fixture
    def job(self) -> Job:
        return JobFactory(desired_date=at(11, days=2), priority="urgent")

    @pytest.fixture(params=["recommend", "panel"])
    def address(self, request: pytest.FixtureRequest, job: Job) -> str:
        panel = f"/live/jobs/{job.pk}/"
        return reverse("admin:jobs_job_recommend", args=[job.pk]) if request.param == "recommend" else panel

    def test_the_card_says_first_that_the_day_is_not_free(self, job: Job, address: str) -> None:
        AbsenceFactory(contractor=ContractorFactory(name="Away"), period=(at(0, days=2), at(0, days=3)))
        ContractorFactory(name="Free")
        client = signed_in()
        cards = {card["contractor"].name: card for card in client.get(address).context["cards"]}
        assert cards["Away"]["not_that_day"].startswith("Not free on the desired day, ")
        assert cards["Free"]["not_that_day"] == ""
        html = client.get(address).content.decode()
        assert html.index(cards["Away"]["not_that_day"]) < html.index(cards["Away"]["summary"])
        Job.objects.update(priority="high")
        assert {card["not_that_day"] for card in client.get(address).context["cards"]} == {""}

    def test_only_contractors_free_that_day_are_a_filter(self, job: Job, address: str) -> None:
        AbsenceFactory(contractor=ContractorFactory(name="Away"), period=(at(0, days=2), at(0, days=3)))
        free = ContractorFactory(name="Free")
        response = signed_in().get(f"{address}?free_that_day=on")
        assert [card["contractor"] for card in response.context["cards"]] == [free]
        assert "checked" in response.content.decode()

    def test_without_a_contractor_free_that_day_the_page_says_so(self, job: Job, address: str) -> None:
        AbsenceFactory(contractor=ContractorFactory(), period=(at(0, days=2), at(0, days=3)))
        html = " ".join(signed_in().get(f"{address}?free_that_day=on").content.decode().split())
        assert "has no free time slot on the desired day" in html or "duration on the desired date" in html

    def test_another_date_is_named_as_such(self, job: Job) -> None:
        AbsenceFactory(contractor=ContractorFactory(), period=(at(0, days=3), at(0, days=4)))
        url = reverse("admin:jobs_job_recommend", args=[job.pk])
        (card,) = signed_in().get(f"{url}?day={at(0, days=3):%Y-%m-%d}").context["cards"]
        assert card["not_that_day"].startswith("Not free on ")
        assert "desired" not in card["not_that_day"]
