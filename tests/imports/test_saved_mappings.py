"""Saved matches of columns."""

import pytest
from django.urls import reverse_lazy
from pytest_django import DjangoAssertNumQueries

from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Role
from smartscheduler.audit.models import AuditEntry
from smartscheduler.imports import saved_mappings
from smartscheduler.imports.columns import RESULTS
from smartscheduler.imports.models import SavedMapping
from smartscheduler.imports.saved_mappings import matched, note_use, remember, remembered
from smartscheduler.imports.services import begin, match_columns
from tests.factories import UserFactory
from tests.imports.test_mapping import table
from tests.pages import PageResponse, signed_in

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


def text_of(response: PageResponse) -> str:
    return " ".join(response.content.decode().split())


class TestPage:
    """The page of saved matches."""

    PAGE = reverse_lazy("admin:imports_importrun_matches")

    def test_it_lists_what_is_saved_and_says_when_it_was_used(self, actor: User) -> None:
        empty = signed_in().get(self.PAGE).content.decode()
        assert "No match is saved yet." in empty
        remember(
            kind="contractors",
            titles=TITLES,
            mapping=TARGETS,
            actor=actor,
            options={"source": "jobber"},
            name="Crews of 2026",
        )
        shown = text_of(signed_in().get(self.PAGE))
        assert ">Crews of 2026</h3>" in shown
        assert "Contractors · jobber · not used yet · saved " in shown
        assert f" by {actor}</p>" in shown
        assert 'Name, City <span class="quiet">· 1 column left out</span>' in shown
        begin(kind="contractors", name="next.csv", content=b"Crew,Town,Favorite color\nAda,Austin,red\n", actor=actor)
        assert "last used " in text_of(signed_in().get(self.PAGE))

    def test_a_match_gets_the_name_of_its_file_and_keeps_a_name_of_its_own(self, actor: User) -> None:
        content = b"Email,Crew,Town,Favorite color\nada@example.com,Ada,Austin,red\n"
        run = begin(kind="contractors", name="crews 2026.csv", content=content, actor=actor)
        targets = ["email", "name", "", "city"]
        match_columns(run_id=run.pk, targets=targets, seen=run.match_version, actor=actor, remember_it=True)
        titles = ["Email", "Crew", "Town", "Favorite color"]
        remember(kind="contractors", titles=titles, mapping=targets, actor=actor, name="crews 2027")
        assert SavedMapping.objects.get().name == "crews 2026"
        saved = SavedMapping.objects.get()
        saved_at = saved.saved_at
        response = signed_in().post(self.PAGE, {"match": saved.pk, "do": "rename", "name": " Our crews "}, follow=True)
        assert "The saved match was renamed to “Our crews”." in response.content.decode()
        saved.refresh_from_db()
        assert (saved.name, saved.saved_at) == ("Our crews", saved_at)
        entry = AuditEntry.objects.get(act="match-renamed")
        assert entry.details == {"of": "contractors", "match": saved.pk}

    @pytest.mark.parametrize(
        ("name", "refusal"),
        [
            (" ", "Enter a name."),
            ("x" * 81, "at most 80 characters"),
            ("a\x00b", "Control characters and invisible characters"),
        ],
    )
    def test_a_bad_name_changes_nothing(self, actor: User, name: str, refusal: str) -> None:
        save(actor)
        saved = SavedMapping.objects.get()
        response = signed_in().post(self.PAGE, {"match": saved.pk, "do": "rename", "name": name}, follow=True)
        assert refusal in response.content.decode()
        saved.refresh_from_db()
        assert saved.name == ""
        assert not AuditEntry.objects.filter(act="match-renamed").exists()

    def test_a_deleted_match_is_not_used_any_more(self, actor: User) -> None:
        save(actor)
        saved = SavedMapping.objects.get()
        client = signed_in()
        client.post(self.PAGE, {"match": saved.pk, "do": "delete"})
        assert remembered("contractors", TITLES) is None
        assert AuditEntry.objects.get(act="match-deleted").details == {"of": "contractors", "match": saved.pk}
        for gone in (saved.pk, "x", "9" * 30, ""):
            response = client.post(self.PAGE, {"match": gone, "do": "delete"}, follow=True)
            assert "This saved match does not exist any more." in response.content.decode()
        assert AuditEntry.objects.filter(act="match-deleted").count() == 1

    def test_only_those_who_import_may_see_and_change_them(self, actor: User) -> None:
        save(actor)
        manager = signed_in(Role.MANAGER)
        assert manager.get(self.PAGE).status_code == 403
        assert manager.post(self.PAGE, {"match": SavedMapping.objects.get().pk, "do": "delete"}).status_code == 403
        assert SavedMapping.objects.exists()

    def test_its_queries_do_not_grow(self, actor: User, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
        client = signed_in()
        client.get(self.PAGE)
        for name in "ABCDE":
            save(actor, [name, *TITLES[1:]])
        with django_assert_max_num_queries(6):
            assert client.get(self.PAGE).status_code == 200


def test_a_match_that_is_used_is_kept(actor: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved_mappings, "MOST_SAVED", 2)
    for name in ("A", "B"):
        save(actor, [name, *TITLES[1:]])
    mapping = remembered("contractors", ["A", *TITLES[1:]])
    assert mapping
    note_use(mapping)
    save(actor, ["C", *TITLES[1:]])
    assert [remembered("contractors", [name, *TITLES[1:]]) is None for name in ("A", "B", "C")] == [False, True, False]
