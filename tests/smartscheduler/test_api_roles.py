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
from smartscheduler.events.models import OutboxEvent
from tests.api import NOBODY, V1, client_as, problem, unexposed_headers
from tests.factories import AssignmentFactory, ContractorFactory

pytestmark = pytest.mark.django_db

EVERYBODY = {Role.COORDINATOR, Role.MANAGER, Role.ADMINISTRATOR}
WRITERS = {Role.COORDINATOR, Role.ADMINISTRATOR}
ID = NOBODY
CALLS = [
    ("get", "auth/me/", EVERYBODY),
    ("post", "auth/ws-ticket/", EVERYBODY),
    ("get", "events/", EVERYBODY),
    ("get", "dashboard/", EVERYBODY),
    ("get", "metrics/", {Role.ADMINISTRATOR}),
    ("get", "customers/", EVERYBODY),
    ("post", "customers/", WRITERS),
    ("get", f"customers/{ID}/", EVERYBODY),
    ("put", f"customers/{ID}/", WRITERS),
    ("patch", f"customers/{ID}/", WRITERS),
    ("post", f"customers/{ID}/merge/", WRITERS),
    ("get", f"customers/{ID}/duplicates/", WRITERS),
    ("get", "contractors/", EVERYBODY),
    ("post", "contractors/", WRITERS),
    ("get", f"contractors/{ID}/", EVERYBODY),
    ("put", f"contractors/{ID}/", WRITERS),
    ("patch", f"contractors/{ID}/", WRITERS),
    ("delete", f"contractors/{ID}/", WRITERS),
    ("post", f"contractors/{ID}/activate/", WRITERS),
    ("post", f"contractors/{ID}/deactivate/", WRITERS),
    ("post", f"contractors/{ID}/mark-on-leave/", WRITERS),
    ("post", f"contractors/{ID}/rate/", WRITERS),
    ("get", f"contractors/{ID}/absences/", EVERYBODY),
    ("post", f"contractors/{ID}/absences/", WRITERS),
    ("delete", f"contractors/{ID}/absences/1/", WRITERS),
    ("get", f"contractors/{ID}/schedule/", EVERYBODY),
    ("get", f"contractors/{ID}/availability/", EVERYBODY),
    ("get", "jobs/", EVERYBODY),
    ("post", "jobs/", WRITERS),
    ("get", f"jobs/{ID}/", EVERYBODY),
    ("put", f"jobs/{ID}/", WRITERS),
    ("patch", f"jobs/{ID}/", WRITERS),
    ("post", f"jobs/{ID}/cancel/", WRITERS),
    ("post", f"jobs/{ID}/window/", WRITERS),
    ("delete", f"jobs/{ID}/window/", WRITERS),
    ("get", f"jobs/{ID}/recommendations/", EVERYBODY),
    ("get", f"jobs/{ID}/recommendations/{ID}/", EVERYBODY),
    ("post", "recommendations/", EVERYBODY),
    ("post", "recommendations/batch/", EVERYBODY),
    ("get", "plans/", EVERYBODY),
    ("post", "plans/", WRITERS),
    *(("get", f"plans/{ID}/{part}", EVERYBODY) for part in ("", "items/", "misses/", "compare/", "export/")),
    *(("post", f"plans/{ID}/{act}/", WRITERS) for act in ("stop", "cancel", "accept", "discard", "undo", "replan")),
    ("get", "assignments/", EVERYBODY),
    ("post", "assignments/", WRITERS),
    ("get", f"assignments/{ID}/", EVERYBODY),
    *(
        ("post", f"assignments/{ID}/{act}/", WRITERS)
        for act in ("confirm", "start", "running-late", "complete", "cancel", "reschedule", "reassign", "swap", "rate")
    ),
]
ids = [f"{method} {path.replace(ID, 'ID')}" for method, path, _ in CALLS]


@pytest.mark.parametrize(("method", "path", "allowed"), CALLS, ids=ids)
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
    listed = {(method, f"{V1}/{path.replace(ID, 'X').replace('/1/', '/X/')}") for method, path, _ in CALLS}
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
