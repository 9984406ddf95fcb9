"""The registry through which apps extend each other's admin pages."""

import ast
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.contrib import admin
from django.db.models import Model
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import reverse

from assignments.models import Assignment
from contractors.models import Contractor
from customers.models import Customer
from jobs.models import Job
from smartscheduler.accounts.models import ServiceAccount, User
from smartscheduler.accounts.permissions import Permission, Role, permissions_of
from smartscheduler.accounts.service_accounts import create_service_account
from smartscheduler.adminsite.changelists import ListAdmin
from smartscheduler.adminsite.record_actions import RecordAdmin
from smartscheduler.adminsite.registry import (
    Extensions,
    ListFilter,
    RecordView,
    extensions_of,
    record_action,
    record_url,
    record_view,
    route_name,
)
from smartscheduler.adminsite.tabs import TabbedAdmin
from smartscheduler.imports.models import ImportRun
from tests.factories import AssignmentFactory, ContractorFactory, JobFactory, UserFactory
from tests.inputs.collecting import sources
from tests.pages import model_admins, signed_in

EXTENDED = [model for model in model_admins() if extensions_of(model) != Extensions()]
VIEWS = [(model, view) for model in EXTENDED for view in extensions_of(model).views]
OF_LISTS = {"columns", "filters", "list_actions", "list_panels", "querysets"}
# What a ModelAdmin must be for an extension to be read.
READERS = {
    ListAdmin: OF_LISTS,
    TabbedAdmin: {"tabs"},
    RecordAdmin: set(vars(Extensions())) - OF_LISTS - {"tabs"},
}


def test_no_app_takes_a_model_from_another_app_or_reaches_into_the_site() -> None:
    offenses = [
        f"{path}:{node.lineno}"
        for path, tree in sources(["unregister", "_registry"]).items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in {"unregister", "_registry"}
    ]
    assert offenses == []


def test_other_apps_have_extended_these() -> None:
    assert set(EXTENDED) == {Contractor, Customer, ImportRun, Job, Assignment, ServiceAccount, User}


@pytest.mark.parametrize("model", EXTENDED, ids=lambda model: model.__name__)
def test_all_that_is_registered_for_a_model_is_read(model: type[Model]) -> None:
    extensions, model_admin = extensions_of(model), model_admins()[model]
    assert isinstance(model_admin, RecordAdmin)
    for kind, names in READERS.items():
        assert isinstance(model_admin, kind) or not any(getattr(extensions, name) for name in names), (kind, names)
    actions = {action.name for action in model_admin.all_actions}
    assert {*extensions.action_panels, *extensions.next_pages} <= actions
    assert {added.before for added in extensions.filters} - {None} <= set(model_admin.list_filter)


def service_account() -> Model:
    account: Model = create_service_account(name="Web store", scopes=["jobs:read"], days=30, actor=None).key.account
    return account


@pytest.mark.django_db
@pytest.mark.parametrize(("model", "view"), VIEWS, ids=[f"{model.__name__}-{view.name}" for model, view in VIEWS])
def test_a_page_is_for_records_that_exist_and_users_with_the_permission(model: type[Model], view: RecordView) -> None:
    makers: dict[type[Model], Callable[[], Model]] = {
        Contractor: ContractorFactory,
        Job: JobFactory,
        Assignment: AssignmentFactory,
        ServiceAccount: service_account,
    }
    record = makers[model]()
    for role in Role.values:
        client = signed_in(role)
        allowed = view.permission in permissions_of(role)
        assert client.get(record_url(record, view.name)).status_code == (200 if allowed else 403)
        assert client.get(reverse(f"admin:{route_name(model, view.name)}", args=[uuid4()])).status_code == 404


def test_a_name_is_given_to_one_page_of_a_model_only() -> None:
    with pytest.raises(ValueError, match="week"):
        record_view(Contractor, "week", permission=Permission.RECOMMEND)(
            lambda request, contractor, admin: HttpResponse()
        )
    actions = extensions_of(Job).actions
    before = list(actions)
    with pytest.raises(ValueError, match=before[0].name):
        record_action(Job, before[0])
    assert actions == before


def test_a_filter_stands_before_another_or_last() -> None:
    extensions = Extensions(filters=[ListFilter("first", before="own"), ListFilter("last")])
    assert extensions.filter_list(("other", "own")) == ["other", "first", "own", "last"]


@pytest.mark.django_db
def test_buttons_come_in_the_order_of_their_weights(rf: RequestFactory) -> None:
    request = rf.get("/")
    request.user = UserFactory(role=Role.ADMINISTRATOR)

    def labels(record: Assignment | Job | Contractor) -> list[Any]:
        model_admin: Any = admin.site.get_model_admin(type(record))
        record = model_admin.get_queryset(request).get(pk=record.pk)
        return [button.label for button in model_admin.buttons(request, record)]

    booking = AssignmentFactory()
    of_booking = ["Confirm", "Reschedule", "Swap", "Reassign", "Cancel assignment"]
    assert labels(booking) == of_booking
    of_job = [f"Assigned to {booking.contractor.name}", *of_booking, "Promise window", "Cancel job", "Personal data"]
    assert labels(booking.job) == of_job
    assert labels(JobFactory(status="open")) == ["Recommend", "Promise window", "Cancel job", "Personal data"]
    of_contractor = ["Week", "Add absence", "Mark on leave", "Move a day", "Deactivate", "Personal data"]
    assert labels(booking.contractor) == of_contractor
