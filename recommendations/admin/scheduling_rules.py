"""Admin pages of the scheduling rules: the current rules, earlier versions, and preview and publication of changes."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from jobs.models import Job
from recommendations.admin.scheduling_rules_form import PublishForm, RulesForm
from recommendations.planning.price_preview import preview_prices
from recommendations.rules_preview import difference_rows, heading, plain, preview
from smartscheduler.adminsite.changelists import ListAdmin
from smartscheduler.adminsite.permissions import person
from smartscheduler.adminsite.service_forms import show_refusal
from smartscheduler.core.formatting import local_time
from smartscheduler.errors import DomainError
from smartscheduler.places import zone
from smartscheduler.rules.current import current_rules
from smartscheduler.rules.models import RulesVersion
from smartscheduler.rules.services import publish_rules
from smartscheduler.rules.values import FIELDS, LIMIT_FIELDS, PRICE_FIELDS, WEIGHT_FIELDS, Rules

SUGGESTED_JOBS = 20


@admin.register(RulesVersion)
class RulesVersionAdmin(ListAdmin):
    list_display = ("version", "since", "published_by", "weights", "reach", "drives", "horizon_days", "note")
    list_display_links = ("version",)
    list_select_related = ("published_by",)
    list_before_template = "admin/rules/current.html"
    change_form_outer_before_template = "admin/rules/version.html"
    ordering = ("-number",)
    empty_text = _("Rankings use the rules above until you publish a version with other weights or limits.")
    actions = None
    fields = readonly_fields = (
        *("version", "since", "published_by", "note"),
        *FIELDS,
    )

    def has_change_permission(self, request: HttpRequest, obj: RulesVersion | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: RulesVersion | None = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        rules = current_rules()
        shown = [(heading(name), plain(value)) for name, value in rules.as_fields().items()]
        return super().changelist_view(
            request, {"title": gettext("Scheduling rules"), "rules": rules, "numbers": shown, **(extra_context or {})}
        )

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """GET: the form, with a preview if the query has all values. POST: publish them."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        present = current_rules()
        if request.method == "POST":
            form: RulesForm = PublishForm(request.POST)
            if form.is_valid():
                try:
                    return self._publish(request, form)
                except DomainError as refusal:
                    show_refusal(form, refusal)
        elif request.GET.keys() >= set(FIELDS):
            form = RulesForm(request.GET)
        else:
            form = RulesForm(initial=self._beginning(request, present).as_fields())
        return TemplateResponse(request, "admin/rules/add.html", self._page(request, form, present))

    def _beginning(self, request: HttpRequest, present: Rules) -> Rules:
        """The initial values of the form: the version `?from=`, else the current rules."""
        number = request.GET.get("from", "")
        old = RulesVersion.objects.filter(pk=int(number)).first() if number.isdecimal() and len(number) < 9 else None
        return old.rules if old else present

    def _publish(self, request: HttpRequest, form: RulesForm) -> HttpResponse:
        version = publish_rules(
            **form.numbers,
            note=form.cleaned_data["note"],
            based_on=form.cleaned_data["based_on"],
            actor=person(request),
        )
        messages.success(
            request, gettext("{version} is in effect. Existing bookings do not change.").format(version=version)
        )
        return redirect(reverse("admin:rules_rulesversion_changelist"))

    def _page(self, request: HttpRequest, form: RulesForm, present: Rules) -> dict[str, Any]:
        tried = form.is_bound and form.is_valid()
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Change the scheduling rules"),
            "opts": self.opts,
            "form": form,
            "media": self.media + form.media,
            "weights": [form[name] for name in WEIGHT_FIELDS],
            "limits": [form[name] for name in LIMIT_FIELDS],
            "prices": [form[name] for name in PRICE_FIELDS],
            "suggested": list(Job.objects.open().by_urgency()[:SUGGESTED_JOBS]),
            "present": present,
            "next_version": (present.version or 0) + 1,
            "back": reverse("admin:rules_rulesversion_changelist"),
        }
        return context | (self._tried(form, present) if tried else {})

    def _tried(self, form: RulesForm, present: Rules) -> dict[str, Any]:
        job, rules = form.cleaned_data["job"], form.rules
        again = {name: form.data.get(name, "") for name in (*FIELDS, "job", "note")}
        return {
            "differences": difference_rows(present, rules),
            "job": job,
            "preview": preview(present, rules, job),
            "plan_preview": preview_prices(present, rules),
            "publish": PublishForm(initial={**again, "based_on": present.version}),
            "repeated": again.items(),
        }

    @display(description=_("Version"), ordering="number")
    def version(self, version: RulesVersion) -> str:
        return str(version)

    @display(description=_("In effect since"), ordering="number")
    def since(self, version: RulesVersion) -> str:
        return local_time(version.published_at, zone("UTC"))

    @display(description=_("Availability / rating / distance"))
    def weights(self, version: RulesVersion) -> str:
        return " / ".join(plain(getattr(version, name)) for name in WEIGHT_FIELDS)

    @display(description=_("Maximum miles"))
    def reach(self, version: RulesVersion) -> str:
        return plain(version.max_miles)

    @display(description=_("Drives"))
    def drives(self, version: RulesVersion) -> str:
        return gettext("{speed} mph, road factor {factor}, gap {gap} min").format(
            speed=plain(version.drive_mph), factor=plain(version.road_factor), gap=version.minimum_gap_minutes
        )
