import re
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from smartscheduler.accounts.permissions import Role
from smartscheduler.rules.models import RulesVersion
from smartscheduler.rules.services import publish_rules
from smartscheduler.rules.values import Rules
from tests.factories import ContractorFactory, JobFactory, UserFactory
from tests.pages import PageResponse, signed_in

pytestmark = pytest.mark.django_db
LIST, ADD = reverse("admin:rules_rulesversion_changelist"), reverse("admin:rules_rulesversion_add")


def numbers(**others: Any) -> dict[Any, Any]:
    return {**Rules.of_settings().as_fields(), **others}


def for_rating(**others: Any) -> dict[Any, Any]:
    """Rating counts for nearly everything."""
    shares = {"availability_weight": "0.1", "rating_weight": "0.85", "distance_weight": "0.05"}
    return {**numbers(), **shares, **others}


@pytest.fixture
def admin() -> Client:
    return signed_in(Role.ADMINISTRATOR)


def text(response: PageResponse) -> str:
    assert response.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_shows_what_is_in_force_before_and_after_the_first_version(admin: Client) -> None:
    assert "No version has been published yet" in text(admin.get(LIST))
    by = UserFactory(role=Role.ADMINISTRATOR, name="Ada Admin")
    publish_rules(based_on=None, actor=by, note="Shorter drives", **numbers(max_miles=Decimal(40)))
    shown = text(admin.get(LIST))
    assert "Current rules: version 1" in shown
    assert "Ada Admin" in shown
    assert "Shorter drives" in shown


def test_a_preview_ranks_before_and_after_and_publishes_nothing(admin: Client) -> None:
    near = ContractorFactory(name="Near Nell", rating=Decimal("3.50"))
    far = ContractorFactory(name="Far Fay", rating=Decimal("5.00"), latitude=Decimal("30.6672"))
    job = JobFactory(priority="urgent")
    JobFactory(priority="low")
    page = admin.get(f"{ADD}?{urlencode(for_rating(job=job.job_number))}")
    places = page.context["preview"].places
    assert [place.contractor for place in places] == [far, near]
    assert [(place.before.rank, place.after.rank, place.climbed) for place in places] == [(2, 1, 1), (1, 2, -1)]
    assert (page.context["preview"].looked_at, page.context["preview"].other_first) == (2, 2)
    assert "Jobs with a different first choice: 2" in text(page)
    assert not RulesVersion.objects.exists()


def test_the_most_urgent_open_job_is_tried_when_none_is_named(admin: Client) -> None:
    JobFactory(priority="low")
    urgent = JobFactory(priority="urgent")
    assert admin.get(f"{ADD}?{urlencode(for_rating())}").context["job"] == urgent


def test_a_preview_without_any_job_says_so_and_can_be_published(admin: Client) -> None:
    page = admin.get(f"{ADD}?{urlencode(for_rating())}")
    assert "There are no open jobs for a preview." in text(page)
    assert "Publish version 1" in text(page)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"job": "JOB-20260101-00000000"}, "No job has this number."),
        ({"distance_weight": "0.5"}, "The three weights must sum to 1; they sum to 1.45."),
        ({"road_factor": "0.5"}, "greater than or equal to 1"),
        ({"horizon_days": ""}, "This field is required."),
    ],
)
def test_a_preview_of_what_makes_no_sense_says_why(admin: Client, wrong: dict[str, str], message: str) -> None:
    page = admin.get(f"{ADD}?{urlencode(for_rating(**wrong))}")
    assert message in text(page)
    assert "preview" not in page.context


def test_publishes(admin: Client) -> None:
    answer = admin.post(ADD, for_rating(note="Quality first", based_on=""), follow=True)
    assert "Version 1 is in effect." in text(answer)
    version = RulesVersion.objects.get()
    assert (version.rating_weight, version.note) == (Decimal("0.85"), "Quality first")
    assert version.published_by
    assert version.published_by.role == Role.ADMINISTRATOR


def test_the_slower_of_two_administrators_is_told_and_nothing_is_published(admin: Client) -> None:
    faster = UserFactory(role=Role.ADMINISTRATOR, name="Fay Faster")
    publish_rules(based_on=None, actor=faster, **numbers(horizon_days=5))
    answer = admin.post(ADD, for_rating(note="", based_on=""))
    assert "Fay Faster published version 1 just now" in text(answer)
    assert RulesVersion.objects.count() == 1


def test_a_forged_publication_is_refused_by_field(admin: Client) -> None:
    answer = admin.post(ADD, for_rating(distance_weight="0.5", based_on=""))
    assert "The three weights must sum to 1" in text(answer)
    assert not RulesVersion.objects.exists()


def test_an_old_version_can_be_tried_again(admin: Client) -> None:
    publish_rules(based_on=None, actor=None, **numbers(horizon_days=5))
    publish_rules(based_on=1, actor=None, **numbers(horizon_days=7))
    assert "?from=1" in admin.get(reverse("admin:rules_rulesversion_change", args=[1])).content.decode()
    assert admin.get(f"{ADD}?from=1").context["form"]["horizon_days"].value() == 5
    for nonsense in ("99", "x", "-1", "9" * 30):
        assert admin.get(f"{ADD}?from={nonsense}").context["form"]["horizon_days"].value() == 7


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.MANAGER])
def test_others_neither_see_nor_change_them(role: Role) -> None:
    client = signed_in(role)
    assert LIST not in client.get(reverse("admin:index")).content.decode()
    for answer in (client.get(LIST), client.get(ADD), client.post(ADD, for_rating(based_on=""))):
        assert answer.status_code == 403
    assert not RulesVersion.objects.exists()


def test_a_version_cannot_be_edited_or_deleted(admin: Client) -> None:
    publish_rules(based_on=None, actor=None, **numbers(horizon_days=5))
    page = reverse("admin:rules_rulesversion_change", args=[1])
    assert admin.post(page, for_rating()).status_code == 403
    assert admin.post(reverse("admin:rules_rulesversion_delete", args=[1]), {"post": "yes"}).status_code == 403
    assert RulesVersion.objects.get().horizon_days == 5


def test_pages_cost_a_fixed_number_of_queries(
    admin: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for count in (2, 30):
        ContractorFactory.create_batch(count)
        JobFactory.create_batch(count)
        with django_assert_max_num_queries(45):
            admin.get(f"{ADD}?{urlencode(for_rating())}")
