"""Saved views of lists: create, list, rename, and delete."""

from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from smartscheduler.accounts.permissions import Role
from smartscheduler.adminsite.models import SavedView
from smartscheduler.adminsite.saved_views import MOST_VIEWS, save_view
from smartscheduler.errors import InvalidInput
from tests.factories import JobFactory, UserFactory
from tests.pages import PageResponse, signed_in

pytestmark = pytest.mark.django_db
LIST = "/admin/jobs/job/"
VIEWS = f"{LIST}views/"
QUERY = "status__exact=open&priority__exact=urgent"


def save(client: Client, name: str = "Urgent ones", query: str = QUERY, **more: Any) -> PageResponse:
    return client.post(VIEWS, {"name": name, "query": query, **more}, follow=True)


def messages(response: PageResponse) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def test_keeps_a_view_and_shows_it_above_the_list() -> None:
    urgent, client = JobFactory(priority="urgent"), signed_in()
    JobFactory()
    saved = save(client)
    assert messages(saved) == ["The view “Urgent ones” was saved."]
    assert saved.context["saved"]["current"].name == "Urgent ones"
    above = client.get(LIST)
    assert [view["current"] for view in above.context["saved"]["views"]] == [False]
    url = above.context["saved"]["views"][0]["url"]
    assert list(client.get(f"{LIST}{url}").context["cl"].result_list) == [urgent]


def test_the_order_of_filters_and_the_page_do_not_make_another_view() -> None:
    client = signed_in()
    save(client)
    same = client.get(f"{LIST}?priority__exact=urgent&status__exact=open&p=1")
    assert same.context["saved"]["current"].name == "Urgent ones"


def test_views_are_ones_own() -> None:
    mine, other = signed_in(), signed_in()
    save(mine)
    view = SavedView.objects.get()
    assert other.get(LIST).context["saved"]["views"] == []
    for act in ("rename", "delete"):
        assert other.post(VIEWS, {"do": act, "view": str(view.pk), "name": "Theirs"}).status_code == 404
    view.refresh_from_db()
    assert view.name == "Urgent ones"
    save(other)  # the same name, for another account
    assert SavedView.objects.count() == 2


def test_a_view_belongs_to_one_list() -> None:
    client = signed_in()
    save(client)
    assert client.get("/admin/assignments/assignment/").context["saved"]["views"] == []
    view = SavedView.objects.get()
    there = client.post("/admin/assignments/assignment/views/", {"do": "delete", "view": str(view.pk)})
    assert there.status_code == 404
    assert SavedView.objects.exists()


def test_renames_and_deletes() -> None:
    client = signed_in()
    save(client)
    view = SavedView.objects.get()
    renamed = client.post(VIEWS, {"do": "rename", "view": str(view.pk), "name": " Now "}, follow=True)
    assert messages(renamed) == ["The view was renamed to “Now”."]
    view.refresh_from_db()
    assert view.name == "Now"
    client.post(VIEWS, {"do": "delete", "view": str(view.pk)})
    assert not SavedView.objects.exists()


@pytest.mark.parametrize(
    "values",
    [{"name": ""}, {"name": "  "}, {"name": "x" * 61}, {"name": "Nul\x00"}, {"query": ""}, {"query": "p=2"}],
)
def test_refuses_what_is_no_view(values: dict[str, str]) -> None:
    response = save(signed_in(), **values)
    assert messages(response)
    assert not SavedView.objects.exists()


def test_a_name_is_used_once_whatever_its_case() -> None:
    client = signed_in()
    save(client)
    assert messages(save(client, name="URGENT ones", query="status__exact=open")) == [
        "You already have a view named “URGENT ones”."
    ]
    assert SavedView.objects.get().query == "priority__exact=urgent&status__exact=open"


def test_there_is_an_end_to_them() -> None:
    owner = UserFactory()
    for number in range(MOST_VIEWS):
        save_view(owner=owner, page="jobs.job", name=f"View {number}", query=QUERY)
    with pytest.raises(InvalidInput, match="Delete one first"):
        save_view(owner=owner, page="jobs.job", name="One more", query=QUERY)
    assert SavedView.objects.count() == MOST_VIEWS


@pytest.mark.parametrize("values", [{"do": "delete", "view": "x"}, {"do": "rename", "view": ""}, {"do": "delete"}])
def test_an_odd_request_is_not_found(values: dict[str, str]) -> None:
    assert signed_in().post(VIEWS, values).status_code == 404


def test_only_a_post_changes_and_only_a_reader_of_the_list_may() -> None:
    assert signed_in().get(VIEWS).status_code == 405
    forced = signed_in(Role.MANAGER).post("/admin/accounts/user/views/", {"name": "Mine", "query": "q=a"})
    assert forced.status_code == 403
    assert not SavedView.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_are_one_view() -> None:
    owner, barrier, outcomes = UserFactory(), Barrier(8), []

    def click() -> None:
        try:
            barrier.wait()
            outcomes.append(save_view(owner=owner, page="jobs.job", name="Mine", query=QUERY).name)
        except InvalidInput as refusal:
            outcomes.append(refusal.code)
        finally:
            connection.close()

    threads = [Thread(target=click) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["Mine", *["invalid-input"] * 7]
    assert SavedView.objects.count() == 1
