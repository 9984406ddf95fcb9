"""Saved matches of columns."""

import pytest
from pytest_django import DjangoAssertNumQueries

from smartscheduler.accounts.models import User
from smartscheduler.imports import saved_mappings
from smartscheduler.imports.columns import RESULTS
from smartscheduler.imports.models import SavedMapping
from smartscheduler.imports.saved_mappings import matched, remember, remembered
from tests.factories import UserFactory
from tests.imports.test_mapping import table

pytestmark = pytest.mark.django_db
TITLES = ["Crew", "Town", "Favorite Color"]
TARGETS = ["name", None, "city"]


@pytest.fixture
def actor() -> User:
    return UserFactory()


def save(actor: User, titles: list[str] = TITLES) -> None:
    remember(kind="contractors", titles=titles, mapping=TARGETS, actor=actor)


def test_the_next_file_with_these_headings_is_matched(actor: User) -> None:
    save(actor)
    mapping = matched("contractors", table([" crew", "TOWN", "favorite color:"]))
    assert (mapping.targets, mapping.confident, mapping.matched_by) == (TARGETS, True, "saved")
    assert remembered("contractors", TITLES[:2]) is None
    assert remembered("jobs", TITLES) is None
    assert matched("contractors", table(TITLES[:2])).targets == ["name", "city"]


def test_a_result_file_is_matched_like_its_file(actor: User) -> None:
    save(actor)
    assert (mapping := remembered("contractors", [*TITLES, *RESULTS]))
    assert mapping.targets == [*TARGETS, None, None, None]
    assert (mapping := remembered("contractors", ["email", *TITLES, *RESULTS]))
    assert mapping.targets == ["email", *TARGETS, None, None, None]
    assert remembered("contractors", ["email", *TITLES]) is None


def test_the_latest_match_counts(actor: User) -> None:
    save(actor)
    remember(kind="contractors", titles=TITLES, mapping=["name", "city", None], actor=None)
    assert (mapping := remembered("contractors", TITLES))
    assert mapping.targets == ["name", "city", None]
    assert SavedMapping.objects.get().created_by is None


def test_only_so_many_are_kept(actor: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved_mappings, "MOST_SAVED", 2)
    for name in ("A", "B", "C"):
        save(actor, [name, *TITLES[1:]])
    assert [remembered("contractors", [name, *TITLES[1:]]) is None for name in ("A", "B", "C")] == [True, False, False]


def test_a_match_with_targets_of_another_version_is_not_used(actor: User) -> None:
    save(actor)
    SavedMapping.objects.update(mapping=["name", "", "shoe_size"])
    assert remembered("contractors", TITLES) is None
    SavedMapping.objects.update(mapping=["name"])
    assert remembered("contractors", TITLES) is None


def test_no_heading_is_stored(actor: User) -> None:
    save(actor, ["Ada Moore", "(512) 555-0143", "Austin"])
    saved = SavedMapping.objects.values().get()
    assert "Moore" not in str(saved)
    assert len(saved["fingerprint"]) == 64


def test_queries(actor: User, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_max_num_queries(1):
        remembered("contractors", ["email", *TITLES, *RESULTS])
