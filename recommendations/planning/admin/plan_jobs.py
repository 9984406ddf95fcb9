"""The page of a new plan: it says what the plan would read and what may change before it runs."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from jobs.models import Job
from jobs.querysets import JobQuerySet
from recommendations.planning import services
from recommendations.planning.admin.comparison import scope_sentence
from recommendations.planning.job_choice import EVERYWHERE, Area, ids_in, open_ids
from recommendations.planning.models import Plan
from recommendations.planning.replans import replan
from recommendations.planning.scope import Scope, check_scope
from recommendations.planning.snapshot import summarize
from recommendations.planning.states import Effort, MayChange
from recommendations.planning.what_if import WhatIf
from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Permission
from smartscheduler.adminsite import registry
from smartscheduler.adminsite.changelists import ListAdmin
from smartscheduler.adminsite.form_fields import DayField
from smartscheduler.adminsite.permissions import person
from smartscheduler.adminsite.record_actions import RecordAdmin
from smartscheduler.adminsite.registry import Panel, list_url, record_url
from smartscheduler.adminsite.return_url import way_back
from smartscheduler.adminsite.service_forms import show_refusal
from smartscheduler.core.db.text_fields import LineFormField
from smartscheduler.core.ids import parse_id
from smartscheduler.errors import DomainError, InvalidInput
from smartscheduler.places import MIDDLE
from smartscheduler.rules.current import current_rules

DEFAULT_DAYS, DEFAULT_MILES = 7, 25
# Jobs that a list can select, and those that the page names.
MOST_SELECTED, MOST_SHOWN = 200, 12
# Parameters of the page that are not fields of its form.
LIST, SELECTED = "list", "id"


class PlanForm(forms.Form):
    """Days, area and what may change. The jobs come with the address of the page."""

    first_day = DayField(label=_("First day"), help_text=_("For example today, tomorrow, Mon or 12/3."))
    last_day = DayField(label=_("Last day"))
    zip_code = LineFormField(
        label=_("Around ZIP code"),
        required=False,
        max_length=5,
        help_text=_("Only jobs near it. Empty: all."),
        widget=UnfoldAdminTextInputWidget(),
    )
    miles = forms.IntegerField(
        label=_("Miles"), required=False, min_value=1, max_value=1000, widget=UnfoldAdminIntegerFieldWidget()
    )
    may_change = forms.ChoiceField(label=_("May change"), choices=MayChange.choices, widget=UnfoldAdminSelectWidget())
    max_changes = forms.IntegerField(
        label=_("At most so many bookings move"),
        required=False,
        min_value=0,
        max_value=100_000,
        help_text=_("Empty: no limit."),
        widget=UnfoldAdminIntegerFieldWidget(),
    )
    effort = forms.ChoiceField(
        label=_("Effort"),
        choices=Effort.choices,
        help_text=_("A thorough plan takes longer and can be better."),
        widget=UnfoldAdminSelectWidget(),
    )

    def area(self) -> Area:
        """The area of the valid form. Raises InvalidInput for an unknown ZIP code."""
        values = self.cleaned_data
        if not values["zip_code"]:
            return EVERYWHERE
        return Area.around_zip_code(values["zip_code"], values["miles"] or DEFAULT_MILES, field="zip_code")


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
    """GET: the form with a summary of its scope. POST: request the plan."""
    sent = request.POST if request.method == "POST" else request.GET
    form = PlanForm({**_initial(), **{name: sent[name] for name in PlanForm.base_fields if name in sent}})
    choice = _choice(request, sent)
    summary: dict[str, Any] = {}
    if form.is_valid():
        try:
            scope = check_scope(_scope(form, choice), now=timezone.now())
            if request.method == "POST":
                return redirect(record_url(services.request_plan(scope=scope, actor=person(request)), "change"))
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
        "back": way_back(request, list_url(Job, "changelist")),
        **summary,
    }
    return TemplateResponse(request, "admin/planning/plan_jobs.html", context)


def _initial() -> dict[str, Any]:
    today = timezone.localdate(timezone=MIDDLE)
    return {
        "first_day": today.isoformat(),
        "last_day": (today + timedelta(days=DEFAULT_DAYS - 1)).isoformat(),
        "miles": str(DEFAULT_MILES),
        "may_change": MayChange.OPEN_JOBS.value,
        "effort": Effort.NORMAL.value,
    }


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
        chosen_by_filter=not choice.ids or bool(values["zip_code"]),
        first_day=values["first_day"],
        last_day=values["last_day"],
        may_change=values["may_change"],
        max_changes=values["max_changes"],
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
