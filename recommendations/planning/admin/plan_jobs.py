"""The page of a new plan: it says what the plan would read and what may change before it runs."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlencode
from uuid import UUID, uuid4

from django.contrib import admin, messages
from django.db import IntegrityError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from jobs.models import Job
from jobs.querysets import JobQuerySet
from recommendations.planning import services
from recommendations.planning.admin.comparison import scope_sentence
from recommendations.planning.admin.scope_form import PlanForm
from recommendations.planning.job_choice import Area, ids_in, open_ids
from recommendations.planning.models import Plan
from recommendations.planning.replans import replan
from recommendations.planning.scope import Scope, check_scope
from recommendations.planning.snapshot import summarize
from recommendations.planning.what_if import WhatIf
from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Permission
from smartscheduler.adminsite import registry
from smartscheduler.adminsite.changelists import ListAdmin
from smartscheduler.adminsite.permissions import person
from smartscheduler.adminsite.record_actions import RecordAdmin
from smartscheduler.adminsite.registry import Panel, list_url, record_url
from smartscheduler.adminsite.return_url import way_back
from smartscheduler.adminsite.service_forms import show_refusal
from smartscheduler.core.ids import parse_id
from smartscheduler.errors import DomainError, InvalidInput
from smartscheduler.rules.current import current_rules

# Jobs that a list can select, and those that the page names.
MOST_SELECTED, MOST_SHOWN = 200, 12
# Parameters of the page that are not fields of its form.
LIST, SELECTED, PREVIEW, TOKEN = "list", "id", "preview", "token"
LONGEST_ADDRESS = 12_000


@dataclass(frozen=True)
class Choice:
    """The jobs that the address of the page names: a selection, a list with its filters, or all open jobs."""

    jobs: JobQuerySet | None = None
    ids: tuple[UUID, ...] = ()
    text: str = ""

    def scope_ids(self, area: Area) -> list[UUID]:
        return open_ids(self.jobs, area) if self.jobs is not None else ids_in(self.ids, area)


@registry.list_action(Job)
@action(description=_("Plan jobs …"), permissions=["plan"])
def plan_selected(jobs: RecordAdmin, request: HttpRequest, selected: QuerySet[Job]) -> HttpResponse:
    """Lead to the page of a new plan for the selected jobs that are open."""
    is_open = cast(JobQuerySet, selected).open()
    ids = [str(pk) for pk in is_open.by_urgency().values_list("pk", flat=True)[:MOST_SELECTED]]
    if not ids:
        messages.error(request, gettext("None of the selected jobs is open. Only open jobs can be planned."))
        return redirect(request.get_full_path())
    return redirect(f"{list_url(Plan, 'add')}?{urlencode({SELECTED: ids}, doseq=True)}")


registry.list_panel(Job, Panel("admin/planning/list_link.html", permission=Permission.MAKE_PLANS))


def respond(request: HttpRequest, plans: RecordAdmin) -> HttpResponse:
    """GET: the form with a summary of its scope. POST: request the plan, or with `preview` show the summary alone.

    The address follows the form, so that the page can be loaded again, and the Back button leads to the same scope.
    """
    sent = request.POST if request.method == "POST" else request.GET
    form, choice, summary = PlanForm.of(sent), _choice(request, sent), dict[str, Any]()
    is_request = request.method == "POST" and PREVIEW not in sent
    if form.is_valid():
        try:
            scope = check_scope(_scope(form, choice), now=timezone.now())
            if is_request:
                return redirect(record_url(_requested(request, scope), "change"))
            summary = _summary(scope)
        except DomainError as refusal:
            show_refusal(form, refusal)
    context = {
        **plans.admin_site.each_context(request),
        "title": gettext("Plan jobs"),
        "opts": plans.opts,
        "form": form,
        "media": plans.media + form.media,
        "choice": choice,
        "hidden": [(name, value) for name in (LIST, SELECTED) for value in sent.getlist(name)],
        "wrong": [field for field in form.visible_fields() if field.errors],
        "token": uuid4(),
        "back": way_back(request, list_url(Job, "changelist")),
        **summary,
    }
    response = TemplateResponse(request, "admin/planning/plan_jobs.html", context)
    if PREVIEW in sent and (address := _address(request, form)):
        response["HX-Replace-Url"] = address
    return response


def _requested(request: HttpRequest, scope: Scope) -> Plan:
    """The new plan, or the one that the same page has requested before: a button can be clicked twice."""
    actor, token = person(request), parse_id(request.POST.get(TOKEN, ""))
    if token is None:
        return services.request_plan(scope=scope, actor=actor)
    present = Plan.objects.filter(pk=token, requested_by=actor)
    try:
        return present.first() or services.request_plan(scope=scope, actor=actor, plan_id=token)
    except IntegrityError:  # the other click was faster
        return present.get()


def _address(request: HttpRequest, form: PlanForm) -> str:
    """The address of the page with the values of its form; empty if it would be too long."""
    names = {*form.names_sent(), LIST, SELECTED}
    values = [(name, text) for name in request.POST for text in request.POST.getlist(name) if name in names and text]
    address = f"{request.path}?{urlencode(values)}"
    return address if len(address) <= LONGEST_ADDRESS else ""


def _choice(request: HttpRequest, sent: QueryDict) -> Choice:
    if LIST in sent:
        return Choice(
            jobs=_listed(request, str(sent[LIST])), text=gettext("The open jobs of the list with its filters.")
        )
    ids = tuple(parsed for text in sent.getlist(SELECTED)[:MOST_SELECTED] if (parsed := parse_id(text)))
    if ids:
        text = ngettext("{count} selected job.", "{count} selected jobs.", len(ids))
        return Choice(ids=ids, text=text.format(count=len(ids)))
    return Choice(jobs=Job.objects.all(), text=gettext("All open jobs."))


def _listed(request: HttpRequest, query: str) -> JobQuerySet:
    """The jobs of the list of jobs with this query string."""
    listed = cast(ListAdmin, admin.site.get_model_admin(Job))
    present = request.GET
    request.GET = QueryDict(query)
    try:
        return cast(JobQuerySet, listed.listed(request))
    except InvalidInput:
        return Job.objects.none()
    finally:
        request.GET = present


def _scope(form: PlanForm, choice: Choice) -> Scope:
    values: Mapping[str, Any] = form.cleaned_data
    return Scope(
        jobs=choice.scope_ids(form.area()),
        # A filter that no job matches gives a plan without changes.
        chosen_by_filter=not choice.ids or bool(values["zip_codes"]),
        first_day=values["first_day"],
        last_day=values["last_day"],
        contractors=list(values["contractors"]) or None,
        excluded=values["excluded"],
        may_change=values["may_change"],
        locks=values["locks"],
        max_changes=values["max_changes"],
        lead_hours=values["lead_hours"],
        freeze_hours=values["freeze_hours"],
        effort=values["effort"],
    )


def _summary(scope: Scope) -> dict[str, Any]:
    summary = summarize(scope, current_rules(), now=timezone.now())
    shown = Job.objects.filter(pk__in=scope.jobs).by_urgency()[:MOST_SHOWN]
    return {
        "sentence": scope_sentence(
            jobs=summary.jobs,
            contractors=summary.contractors,
            days=scope.days,
            kept=summary.kept,
            movable=summary.movable,
        ),
        "jobs": list(shown),
        "more": max(0, len(scope.jobs) - MOST_SHOWN),
        "count": len(scope.jobs),
    }


def what_if(plan: Plan, change: str, actor: User) -> Plan:
    """Request a plan with the one change that a button of the page sent. Raises InvalidInput for any other text."""
    try:
        value = json.loads(change)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise InvalidInput.of("change", gettext("Choose one of the buttons."))
    return replan(plan_id=plan.pk, change=WhatIf.parse(value), actor=actor)
