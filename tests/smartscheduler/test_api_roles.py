"""Permissions of every operation by role."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver
from rest_framework.test import APIClient

from contractors.models import Contractor
from jobs.models import Job
from smartscheduler import api
from smartscheduler.accounts.permissions import Role
from smartscheduler.accounts.scopes import Scope
from smartscheduler.events.models import OutboxEvent
from tests.api import NOBODY, V1, client_as, client_with, problem, unexposed_headers
from tests.factories import AssignmentFactory, ContractorFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("answers_are_declared")]

EVERYBODY = {Role.COORDINATOR, Role.MANAGER, Role.ADMINISTRATOR}
WRITERS = {Role.COORDINATOR, Role.ADMINISTRATOR}
# The scopes of service accounts that allow an operation, each alone: of reads, and of writes.
CONTRACTORS = {Scope.READ_CONTRACTORS, Scope.WRITE_CONTRACTORS}
JOBS = {Scope.READ_JOBS, Scope.WRITE_JOBS}
ASSIGNMENTS = {Scope.READ_ASSIGNMENTS, Scope.WRITE_ASSIGNMENTS}
PLANS = {Scope.READ_PLANS, Scope.WRITE_PLANS}
EVENTS, RANKING = {Scope.READ_EVENTS}, {Scope.RECOMMEND}
TO_CONTRACTORS, TO_JOBS, TO_PLANS = {Scope.WRITE_CONTRACTORS}, {Scope.WRITE_JOBS}, {Scope.WRITE_PLANS}
TO_ASSIGNMENTS = {Scope.WRITE_ASSIGNMENTS}
PERSONAL_DATA = {Scope.READ_PERSONAL_DATA, *TO_CONTRACTORS, *TO_JOBS, *TO_PLANS, *TO_ASSIGNMENTS}
ID = NOBODY
CALLS = [
    ("get", "auth/me/", EVERYBODY, set(Scope)),
    ("post", "auth/ws-ticket/", EVERYBODY, EVENTS),
    ("get", "events/", EVERYBODY, EVENTS),
    ("get", "dashboard/", EVERYBODY, EVENTS),
    ("get", "metrics/", {Role.ADMINISTRATOR}, {Scope.READ_METRICS}),
    ("get", "customers/", EVERYBODY, JOBS),
    ("post", "customers/", WRITERS, TO_JOBS),
    ("get", f"customers/{ID}/", EVERYBODY, JOBS),
    ("put", f"customers/{ID}/", WRITERS, TO_JOBS),
    ("patch", f"customers/{ID}/", WRITERS, TO_JOBS),
    ("post", f"customers/{ID}/merge/", WRITERS, TO_JOBS),
    (
        "get",
        f"customers/{ID}/duplicates/",
        WRITERS,
        PERSONAL_DATA,
    ),
    ("get", "contractors/", EVERYBODY, CONTRACTORS),
    ("post", "contractors/", WRITERS, TO_CONTRACTORS),
    ("get", f"contractors/{ID}/", EVERYBODY, CONTRACTORS),
    ("put", f"contractors/{ID}/", WRITERS, TO_CONTRACTORS),
    ("patch", f"contractors/{ID}/", WRITERS, TO_CONTRACTORS),
    ("delete", f"contractors/{ID}/", WRITERS, TO_CONTRACTORS),
    ("post", f"contractors/{ID}/activate/", WRITERS, TO_CONTRACTORS),
    ("post", f"contractors/{ID}/deactivate/", WRITERS, TO_CONTRACTORS),
    ("post", f"contractors/{ID}/mark-on-leave/", WRITERS, TO_CONTRACTORS),
    ("post", f"contractors/{ID}/rate/", WRITERS, TO_CONTRACTORS),
    ("get", f"contractors/{ID}/absences/", EVERYBODY, CONTRACTORS),
    ("post", f"contractors/{ID}/absences/", WRITERS, TO_CONTRACTORS),
    ("delete", f"contractors/{ID}/absences/1/", WRITERS, TO_CONTRACTORS),
    ("get", f"contractors/{ID}/schedule/", EVERYBODY, CONTRACTORS),
    ("get", f"contractors/{ID}/availability/", EVERYBODY, CONTRACTORS),
    *(("post", f"jobs/{name}/", WRITERS, TO_JOBS) for name in ("bulk", "bulk-status")),
    *(("post", f"assignments/{name}/", WRITERS, TO_ASSIGNMENTS) for name in ("bulk", "bulk-status")),
    *(("get", f"{kind}/by-ref/X/X/", EVERYBODY, JOBS) for kind in ("jobs", "customers")),
    *(("put", f"{kind}/by-ref/X/X/", WRITERS, TO_JOBS) for kind in ("jobs", "customers")),
    ("get", "contractors/by-ref/X/X/", EVERYBODY, CONTRACTORS),
    ("put", "contractors/by-ref/X/X/", WRITERS, TO_CONTRACTORS),
    ("get", "jobs/", EVERYBODY, JOBS),
    ("post", "jobs/", WRITERS, TO_JOBS),
    ("get", f"jobs/{ID}/", EVERYBODY, JOBS),
    ("put", f"jobs/{ID}/", WRITERS, TO_JOBS),
    ("patch", f"jobs/{ID}/", WRITERS, TO_JOBS),
    ("post", f"jobs/{ID}/cancel/", WRITERS, TO_JOBS),
    ("post", f"jobs/{ID}/window/", WRITERS, TO_JOBS),
    ("delete", f"jobs/{ID}/window/", WRITERS, TO_JOBS),
    ("get", f"jobs/{ID}/recommendations/", EVERYBODY, RANKING),
    ("get", f"jobs/{ID}/recommendations/{ID}/", EVERYBODY, RANKING),
    ("post", "recommendations/", EVERYBODY, RANKING),
    ("post", "recommendations/batch/", EVERYBODY, RANKING),
    ("get", "plans/", EVERYBODY, PLANS),
    ("post", "plans/", WRITERS, TO_PLANS),
    *(("get", f"plans/{ID}/{part}", EVERYBODY, PLANS) for part in ("", "items/", "misses/", "compare/", "export/")),
    *(("post", f"plans/{ID}/{act}/", WRITERS, TO_PLANS) for act in ("stop", "cancel", "discard", "replan")),
    *(("post", f"plans/{ID}/{act}/", WRITERS, set()) for act in ("accept", "undo")),
    ("get", "assignments/", EVERYBODY, ASSIGNMENTS),
    ("post", "assignments/", WRITERS, TO_ASSIGNMENTS),
    ("get", f"assignments/{ID}/", EVERYBODY, ASSIGNMENTS),
    *(
        ("post", f"assignments/{ID}/{act}/", WRITERS, TO_ASSIGNMENTS)
        for act in ("confirm", "start", "running-late", "complete", "cancel", "reschedule", "reassign", "swap", "rate")
    ),
]
ids = [f"{method} {path.replace(ID, 'ID')}" for method, path, *_ in CALLS]


@pytest.mark.parametrize(("method", "path", "allowed"), [call[:3] for call in CALLS], ids=ids)
def test_the_table(method: str, path: str, allowed: set[Role]) -> None:
    for role in EVERYBODY:
        response = getattr(client_as(role), method)(f"{V1}/{path}", {})
        if role in allowed:
            assert response.status_code not in {401, 403, 405}, (role, response.content)
            assert unexposed_headers(response) == set()
        else:
            problem(response, 403, "permission-denied")
    response = getattr(APIClient(), method)(f"{V1}/{path}", {})
    problem(response, 401, "not-authenticated")
    assert response["WWW-Authenticate"].startswith("Bearer")


def test_every_scope_of_a_service_account_allows_its_operations_alone() -> None:
    for scope in Scope:
        client = client_with(scope, name=scope)
        for method, path, _roles, scopes in CALLS:
            response = getattr(client, method)(f"{V1}/{path}", {})
            if scope in scopes:
                assert response.status_code not in {401, 403, 405}, (scope, method, path, response.content)
            else:
                assert problem(response, 403, "permission-denied"), (scope, method, path)


@pytest.mark.parametrize("act", ["accept", "undo"])
def test_a_program_accepts_a_plan_with_two_scopes(act: str) -> None:
    client = client_with(Scope.WRITE_PLANS, Scope.WRITE_ASSIGNMENTS)
    problem(client.post(f"{V1}/plans/{ID}/{act}/", {}), 404, "not-found")


def test_an_unknown_role_may_do_nothing() -> None:
    problem(client_as("visitor").get(f"{V1}/jobs/"), 403, "permission-denied")


def test_a_manager_changes_nothing() -> None:
    manager, contractor, held = client_as(Role.MANAGER), ContractorFactory(), AssignmentFactory()
    before = Contractor.objects.count(), Job.objects.count()
    for call, url, body in [
        (manager.patch, f"contractors/{contractor.pk}/", {"name": "Other"}),
        (manager.delete, f"contractors/{contractor.pk}/", {}),
        (manager.post, f"assignments/{held.pk}/cancel/", {"reason": "No"}),
        (manager.post, f"jobs/{held.job_id}/cancel/", {"reason": "No"}),
    ]:
        problem(call(f"{V1}/{url}", body), 403, "permission-denied")
    contractor.refresh_from_db()
    held.refresh_from_db()
    assert (contractor.version, held.version, contractor.status, held.status) == (1, 1, "active", "pending")
    assert (Contractor.objects.count(), Job.objects.count()) == before
    assert not OutboxEvent.objects.exists()


def _views(patterns: list[Any]) -> Iterator[Any]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _views(pattern.url_patterns)
        elif isinstance(pattern, URLPattern):
            yield pattern.callback


def test_every_call_of_the_schema_is_in_the_table() -> None:
    document = client_as(Role.MANAGER).get(f"{V1}/schema/").json()
    listed = {(method, f"{V1}/{path.replace(ID, 'X').replace('/1/', '/X/')}") for method, path, *_ in CALLS}
    calls = {
        (method, re.sub(r"\{\w+\}", "X", path))
        for path, methods in document["paths"].items()
        for method, call in methods.items()
        if call.get("security") != [{}]
    }
    public = {f"{V1}/auth/login/", f"{V1}/auth/refresh/"}
    assert {call for call in calls if call[1] not in public} - {("post", f"{V1}/auth/logout/")} == listed


def test_every_action_of_every_view_is_in_its_map() -> None:
    for view in _views(api.urlpatterns):
        kind = getattr(view, "cls", None)
        if kind is None or not hasattr(kind, "required_permissions"):
            continue
        actions = getattr(view, "actions", None)
        names = actions.values() if actions else {name for name in kind.http_method_names if hasattr(kind, name)}
        for name in set(names) - {"options"}:
            assert name in kind.required_permissions, (kind, name)
