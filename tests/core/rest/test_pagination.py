"""Lists by cursor: every row once, in both directions, in every ordering, while rows come and go."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from random import Random
from threading import Barrier
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from assignments.models import Assignment
from assignments.services import cancel_job
from assignments.viewsets import AssignmentViewSet
from contractors.viewsets import ContractorViewSet
from customers.models import Customer
from customers.viewsets import CustomerViewSet
from jobs.models import Job
from jobs.viewsets import JobViewSet
from recommendations.planning.viewsets import PlanItemsView, PlanViewSet
from smartscheduler.accounts.permissions import Role
from smartscheduler.core.rest import pagination
from smartscheduler.core.rest.pagination import Cursor, Keyset
from tests.api import V1, client_as, problem, refused_field
from tests.factories import (
    AbsenceFactory,
    ContractorFactory,
    JobFactory,
    PlanFactory,
    PlanItemFactory,
    many_assignments,
    many_contractors,
)

MOST_ROWS = 23
CANCELS = 100


@pytest.fixture
def api(db: None) -> APIClient:
    return client_as(Role.ADMINISTRATOR)


def rows(api: APIClient, path: str) -> dict[str, Any]:
    response = api.get(path if path.startswith("http") else f"{V1}/{path}")
    assert response.status_code == 200, response.content
    page: dict[str, Any] = response.json()
    return page


def walk(api: APIClient, path: str, *, link: str = "next") -> Iterator[dict[str, Any]]:
    """The pages from `path` on, by their links."""
    url: str | None = path
    while url:
        page = rows(api, url)
        yield page
        url = page[link]


def ids(pages: list[dict[str, Any]]) -> list[Any]:
    return [row["id"] for page in pages for row in page["results"]]


def spread(dice: Random) -> None:
    """Bookings, jobs, contractors, customers and plans with ties, nulls, and a few instants in each column."""
    now = timezone.now()
    moments = [now - timedelta(days=day) for day in range(4)]
    for assignment in many_assignments(MOST_ROWS):
        Assignment.objects.filter(pk=assignment.pk).update(
            rank=dice.choice([None, 1, 2]),
            score=dice.choice([Decimal("0.5"), Decimal("0.25")]),
            created_at=dice.choice(moments),
            updated_at=dice.choice(moments),
        )
        Job.objects.filter(pk=assignment.job_id).update(
            priority=dice.choice(Job.Priority.values),
            type=dice.choice(Job.Type.values),
            created_at=dice.choice(moments),
            desired_date=dice.choice(moments),
        )
        plan = PlanFactory(number=f"PLAN-20310101-{assignment.pk.hex[:6].upper()}")
        type(plan).objects.filter(pk=plan.pk).update(
            created_at=dice.choice(moments), finished_at=dice.choice([None, *moments]), worth=dice.choice([None, 1, 2])
        )
        PlanItemFactory(
            plan=plan, position=1, worth=dice.choice([1, 2]), rank=dice.choice([None, 1]), job=assignment.job
        )
        Customer.objects.create(name=dice.choice(["Ann", "Éva", "bob", "Bob"]), company=dice.choice(["", "A", "B"]))
        contractor = assignment.contractor
        type(contractor).objects.filter(pk=contractor.pk).update(name=dice.choice(["Ann", "bob"]), state="TX")


def test_every_ordering_is_cut_anywhere_both_ways(db: None, dice: Random) -> None:
    """What follows a row and what precedes it are together all others, in order."""
    spread(dice)
    for view in (AssignmentViewSet, JobViewSet, ContractorViewSet, CustomerViewSet, PlanViewSet):
        queryset = view(action="list").get_queryset() if view is JobViewSet else view.queryset
        aliases = getattr(view, "ordering_aliases", {})
        columns = [aliases.get(name, name) for name in view.ordering_fields]
        pairs = zip(columns, [*columns[1:], columns[0]], strict=True)
        orderings = [[name] for name in columns] + [[f"-{name}", other] for name, other in pairs]
        for ordering in orderings:
            keyset = Keyset(queryset.order_by(*ordering, "id"))
            everything, more = keyset.read(None, 100)
            assert len(everything) >= MOST_ROWS
            assert not more
            for number in range(0, len(everything), 8):
                row = everything[number]
                after = Cursor.parse(keyset.at(row).as_text("list"), "list", len(keyset.terms))
                assert keyset.read(after, 100) == (everything[number + 1 :], False), ordering
                assert keyset.read(after._replace(inclusive=True), 100) == (everything[number:], False), ordering
                before = Cursor.parse(keyset.at(row, backward=True).as_text("list"), "list", len(keyset.terms))
                assert keyset.read(before, 100) == (everything[:number], False), ordering
                assert keyset.read(before, 3) == (everything[max(0, number - 3) : number], number > 3), ordering


def test_a_list_is_walked_both_ways(api: APIClient, dice: Random) -> None:
    spread(dice)
    for query in ("jobs/?ordering=-priority", "assignments/?ordering=start,rank", "customers/?ordering=-name"):
        everything = ids([rows(api, f"{query}&page_size=100")])
        forward = list(walk(api, f"{query}&page_size=9"))
        assert ids(forward) == everything
        backward = list(walk(api, forward[-1]["previous"], link="previous"))[::-1]
        assert ids(backward) == everything[:18]
        assert forward[0]["previous"] is None
        assert backward[-1]["next_cursor"] is not None


def test_parts_of_a_record_have_cursors_too(api: APIClient) -> None:
    plan, contractor = PlanFactory(), ContractorFactory()
    for position in range(1, 6):
        PlanItemFactory(plan=plan, position=position, rank=None if position % 2 else position)
        AbsenceFactory(contractor=contractor)
    for name in PlanItemsView.ordering_fields:
        assert len(set(ids(list(walk(api, f"plans/{plan.pk}/items/?page_size=2&ordering=-{name}"))))) == 5
    assert len(set(ids(list(walk(api, f"contractors/{contractor.pk}/absences/?page_size=2"))))) == 5


def test_a_numbered_page_leads_on_by_number_and_by_cursor(api: APIClient) -> None:
    many_contractors(5)
    page = rows(api, "contractors/?page=2&page_size=2")
    assert ("page=3" in page["next"], "page=1" in page["previous"]) == (True, True)
    after = rows(api, f"contractors/?page_size=2&cursor={page['next_cursor']}")
    assert after["results"] == rows(api, page["next"])["results"]
    before = rows(api, f"contractors/?page_size=2&cursor={page['previous_cursor']}")
    assert before["results"] == rows(api, page["previous"])["results"]
    assert "cursor=" in before["next"]
    assert before["previous"] is None


def test_rows_that_leave_the_list_hide_no_others(api: APIClient) -> None:
    jobs = JobFactory.create_batch(9)
    first = rows(api, "jobs/?status=open&page_size=3")
    for row in first["results"]:
        cancel_job(job_id=row["id"], actor=None, reason="Gone")
    second = rows(api, first["next"])
    third = rows(api, second["next"])
    assert set(ids([first, second, third])) == {str(job.pk) for job in jobs}
    # All rows before the page are gone: an empty page that leads back to it.
    empty = rows(api, second["previous"])
    assert (empty["results"], empty["previous"]) == ([], None)
    assert ids([rows(api, empty["next"])]) == ids([second])


def test_a_page_whose_rows_are_gone_leads_back_to_the_row_of_its_cursor(api: APIClient) -> None:
    JobFactory.create_batch(4)
    first = rows(api, "jobs/?status=open&page_size=2")
    for row in rows(api, first["next"])["results"]:
        cancel_job(job_id=row["id"], actor=None, reason="Gone")
    empty = rows(api, first["next"])
    assert (empty["results"], empty["next"]) == ([], None)
    assert ids([rows(api, empty["previous"])]) == ids([first])


@pytest.mark.parametrize(
    "query",
    [
        "status=assigned&",
        "search=abc&",
        "ordering=created_at&",
        "date_from=2031-01-01&",
    ],
)
def test_a_cursor_belongs_to_one_list(api: APIClient, query: str) -> None:
    JobFactory.create_batch(2)
    many_contractors(2)
    cursor = rows(api, "jobs/?page_size=1")["next_cursor"]
    for path in (f"jobs/?{query}", "contractors/?"):
        message = refused_field(api.get(f"{V1}/{path}cursor={cursor}"), "cursor")
        assert message == [str(pagination.OTHER_LIST)]
    # The size of the page is free, and the default ordering has a name.
    assert len(rows(api, f"jobs/?page_size=9&ordering=-created_at&cursor={cursor}")["results"]) == 1


@pytest.mark.parametrize("text", ["", "x", "%00", "null", "a:b:c", "9" * 10_000])
def test_what_is_not_a_cursor_is_refused(api: APIClient, text: str) -> None:
    assert refused_field(api.get(f"{V1}/jobs/?cursor={text}"), "cursor") == [str(pagination.NOT_A_CURSOR)]


def test_a_changed_cursor_is_refused(api: APIClient) -> None:
    JobFactory.create_batch(2)
    cursor = rows(api, "jobs/?page_size=1")["next_cursor"]
    for changed in (cursor[1:], cursor[:-1], cursor.swapcase(), f"{cursor}x"):
        assert refused_field(api.get(f"{V1}/jobs/?cursor={changed}"), "cursor") == [str(pagination.NOT_A_CURSOR)]
    assert refused_field(api.get(f"{V1}/jobs/?page=1&cursor={cursor}"), "page")


def test_the_link_keeps_the_filters(api: APIClient) -> None:
    JobFactory.create_batch(2)
    query = parse_qs(urlsplit(rows(api, "jobs/?status=open&status=assigned&page_size=1")["next"]).query)
    assert query.pop("cursor")
    assert query == {"status": ["open", "assigned"], "page_size": ["1"]}


def test_long_lists_are_estimated_and_numbered_up_to_a_limit(api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    many_contractors(30)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE contractors_contractor")
    assert (page := rows(api, "contractors/"))["count"] == 30
    assert page["count_is_estimate"] is False
    monkeypatch.setattr(pagination, "MOST_COUNTED", 10)
    monkeypatch.setattr(pagination, "MOST_NUMBERED", 20)
    page = rows(api, "contractors/?page=2&page_size=10")
    assert page["count_is_estimate"] is True
    assert page["count"] > 10
    # The last page with a number leads on by cursor.
    assert "cursor=" in page["next"]
    assert "page=" not in page["next"].replace("page_size=", "")
    assert len(rows(api, page["next"])["results"]) == 10
    assert "20" in refused_field(api.get(f"{V1}/contractors/?page=3&page_size=10"), "page")[0]
    monkeypatch.setattr(pagination, "MOST_NUMBERED", 100)
    problem(api.get(f"{V1}/contractors/?page=4&page_size=10"), 404, "not-found")


def test_a_page_costs_the_same_wherever_it_is(
    api: APIClient, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    many_assignments(40)
    first = "jobs/?page_size=10"
    url: str = rows(api, first)["next"]
    for _ in range(3):
        with django_assert_num_queries(5):
            url = api.get(url).json()["next"] or url
    with django_assert_num_queries(5):
        rows(api, first)


def test_the_next_page_is_found_by_an_index(api: APIClient) -> None:
    """By what the query asks for, not by the planner's taste: with few rows, it would read all of them."""
    many_assignments(200)
    lists: list[QuerySet[Any]] = [
        Job.objects.order_by("-created_at", "id"),
        Assignment.objects.order_by("-created_at", "id"),
        Assignment.objects.order_by("time_slot__startswith", "id"),
        Job.objects.filter(status="assigned").order_by("-created_at", "id"),
    ]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        for queryset in lists:
            keyset = Keyset(queryset)
            [row] = keyset.rows[100:101]
            page = keyset.rows.filter(keyset._cut(keyset.terms, keyset.at(row)))[:11]
            assert "Index Cond" in page.explain(), page.explain()


@pytest.mark.django_db(transaction=True)
def test_a_walk_beside_a_hundred_cancels_misses_and_repeats_nothing(dice: Random) -> None:
    """Of the jobs that stay open all the time, each comes once, whatever is canceled beside the walk."""
    client, jobs = client_as(Role.ADMINISTRATOR), JobFactory.create_batch(3 * CANCELS)
    moments = [timezone.now() - timedelta(seconds=second) for second in range(40)]
    for job in jobs:
        Job.objects.filter(pk=job.pk).update(created_at=dice.choice(moments))
    gone = dice.sample([job.pk for job in jobs], CANCELS)
    stay = {str(job.pk) for job in jobs} - {str(pk) for pk in gone}
    parts = 4
    barrier = Barrier(parts + 1)

    def cancel(part: int) -> None:
        try:
            barrier.wait()
            for pk in gone[part::parts]:
                cancel_job(job_id=pk, actor=None, reason="Beside the walk")
        finally:
            connection.close()

    with ThreadPoolExecutor(parts) as pool:
        cancels = [pool.submit(cancel, part) for part in range(parts)]
        barrier.wait()
        walks: list[list[str]] = []
        while not walks or not all(each.done() for each in cancels):
            walks.append(ids(list(walk(client, "jobs/?status=open&page_size=7"))))
    for each in cancels:
        each.result()
    for seen in walks:
        assert len(seen) == len(set(seen))
        assert stay <= set(seen)
    assert Job.objects.filter(status="cancelled").count() == CANCELS
