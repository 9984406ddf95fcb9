"""Admin of contractors: details, working hours and absences, saved by services."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import tzinfo
from typing import Any, ClassVar, cast
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.admin import TabularInline
from unfold.decorators import action

from contractors import services
from contractors.admin.actions import ACTIONS, DEACTIVATE
from contractors.admin.columns import ContractorList
from contractors.admin.forms import USUAL_WEEK, AbsenceForm, AbsenceFormSet, ContractorForm
from contractors.admin.hours_text import read_hours
from contractors.admin.inlines import ABSENCES_A_PAGE, AbsenceInline, ShiftInline
from contractors.events import ContractorEvent
from contractors.models import Contractor
from smartscheduler.accounts.permissions import Permission
from smartscheduler.adminsite.entry_previews import PreviewAdmin, Understood, of_phone, of_skills
from smartscheduler.adminsite.history.views import HistoryAdmin
from smartscheduler.adminsite.location_forms import EXACT_PLACE, NEW_PLACE, PLACE
from smartscheduler.adminsite.permissions import may, person
from smartscheduler.adminsite.record_actions import RecordAdmin, for_each
from smartscheduler.adminsite.return_url import returning
from smartscheduler.adminsite.service_forms import OTHER_SYSTEM, ServiceAdmin, ServiceForm, changed, submitted
from smartscheduler.adminsite.tabs import Tab, TabbedAdmin
from smartscheduler.core.formatting import local_time
from smartscheduler.events import event_log
from smartscheduler.events.subscriptions import Selection

# Events that accompany a new version of a contractor.
CHANGE_EVENTS = frozenset(kind.__name__ for kind in ContractorEvent.__subclasses__())


@admin.register(Contractor)
class ContractorAdmin(PreviewAdmin, RecordAdmin, TabbedAdmin, ServiceAdmin, HistoryAdmin, ContractorList):
    form = ContractorForm
    change_form_outer_before_template = "admin/contractors/overview.html"
    change_form_before_template = "admin/contractors/duplicates.html"
    record_actions = ACTIONS
    inlines = (ShiftInline, AbsenceInline)
    readonly_fields = ("status_badge", "stars")
    actions = ("deactivate_selected",)
    compressed_fields = warn_unsaved_form = True
    fieldsets: ClassVar[Any] = (
        (None, {"fields": (("name", "type"), ("status_badge", "stars"))}),
        (_("Contact"), {"fields": (("email", "phone_number"),)}),
        (_("Work"), {"fields": ("skills", "service_radius_miles")}),
        (_("Base"), {"fields": PLACE}),
        EXACT_PLACE,
        OTHER_SYSTEM,
    )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(read_hours))
        return [path("hours/", view, name="contractors_contractor_read_hours"), *super().get_urls()]

    def known_skills(self) -> list[str]:
        return Contractor.objects.in_business().skill_names()

    def previews(self, posted: QueryDict, zone: tzinfo | None) -> Iterator[tuple[str, Understood]]:
        yield from super().previews(posted, zone)
        if text := posted.get("phone_number", "").strip():
            yield "phone_number", of_phone(text)
        if text := posted.get("skills", "").strip():
            yield "skills", of_skills(text, self.known_skills())

    def write(self, request: HttpRequest, form: ServiceForm, formsets: Sequence[Any], *, change: bool) -> None:
        contractor, actor = form.instance, person(request)
        shifts, absences = formsets[:2]
        if not change:
            created = services.create_contractor(working_hours=shifts.shifts, actor=actor, **submitted(form))
            contractor.pk = created.pk  # the formsets of Django refer to the unsaved instance
        else:
            services.update_contractor(contractor_id=contractor.pk, actor=actor, **changed(form))
            if shifts.has_changed():
                services.update_schedule(contractor_id=contractor.pk, working_hours=shifts.shifts, actor=actor)
        _write_absences(contractor.pk, absences, actor)

    def last_change(self, pk: Any) -> str:
        about = frozenset({("contractor_id", str(pk))})
        event = event_log.last_of(Selection(types=CHANGE_EVENTS, topics=about))
        if event is None or event.actor is None:
            return ""
        when = local_time(event.occurred_at, self.model._base_manager.get(pk=pk).zone)
        return gettext("{user} has changed this record since you opened it ({when}).").format(
            user=event.actor["name"], when=when
        )

    def has_change_permission(self, request: HttpRequest, obj: Contractor | None = None) -> bool:
        """Erased contractors are read-only."""
        return not (obj and obj.is_erased) and super().has_change_permission(request, obj)

    def further_tabs(self, request: HttpRequest, record: Contractor) -> Iterable[Tab]:
        yield from super().further_tabs(request, record)
        yield Tab(name="history", title=gettext("History"), url=self.address("history", record))

    def get_fieldsets(self, request: HttpRequest, obj: Contractor | None = None) -> Any:
        """Sections of the form; a new contractor has no status and rating yet."""
        if obj is None:
            base = (_("Base"), {"fields": NEW_PLACE})
            return (None, {"fields": (("name", "type"),)}), *self.fieldsets[1:3], base, EXACT_PLACE, OTHER_SYSTEM
        return super().get_fieldsets(request, obj)

    def get_inline_instances(self, request: HttpRequest, obj: Contractor | None = None) -> list[Any]:
        """Inlines in tabs for an existing contractor; a new one is entered on a single page."""
        instances = cast(list[TabularInline], super().get_inline_instances(request, obj))
        for inline in instances:
            inline.tab = obj is not None
        return instances

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"service_radius_miles": services.usual_service_radius(), **super().get_changeform_initial_data(request)}

    def get_formset_kwargs(self, request: HttpRequest, obj: Any, inline: Any, prefix: str) -> dict[str, Any]:
        kwargs = super().get_formset_kwargs(request, obj, inline, prefix)
        # Only for GET: in a POST, a row that equals its initial values would count as empty.
        if isinstance(inline, ShiftInline) and request.method == "GET" and obj._state.adding:
            kwargs["initial"] = USUAL_WEEK
        if isinstance(inline, AbsenceInline):
            # Not by `per_page` of the inline: its links need JavaScript and discard unsaved rows without a warning.
            kwargs |= {"request": request, "per_page": ABSENCES_A_PAGE}
        return kwargs

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the action to deactivate: contractors are never deleted."""
        contractor = self.get_object(request, object_id)
        if contractor is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        return self.action_view(request, contractor.pk, action=DEACTIVATE)

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        context["show_delete"] = False  # the button "Deactivate" above the form replaces it
        inactive = obj is not None and obj.status == Contractor.Status.INACTIVE
        context["cannot_restore"] = inactive and not may(request, Permission.RESTORE_CONTRACTORS)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def has_deactivate_permission(self, request: HttpRequest) -> bool:
        return may(request, Permission.DEACTIVATE_CONTRACTORS)

    @action(description=_("Deactivate …"), permissions=["deactivate"])
    def deactivate_selected(self, request: HttpRequest, queryset: QuerySet[Contractor]) -> HttpResponse | None:
        """Ask for a confirmation, then deactivate the selected contractors one by one."""
        here = request.get_full_path()
        if "confirmed" in request.POST:
            for_each(
                request,
                queryset,
                lambda contractor: services.deactivate_contractor(contractor_id=contractor.pk, actor=person(request)),
                done=gettext("Deactivated"),
                remedy=lambda contractor: (
                    returning(self.address("deactivate", contractor), here),
                    gettext("Show what prevents it"),
                ),
            )
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Deactivate contractors"),
            "opts": self.opts,
            "action": "deactivate_selected",
            "question": gettext(
                "Deactivate these contractors? Contractors with live assignments stay active. "
                "Only an administrator can restore a contractor."
            ),
            "records": queryset.order_by("name", "pk"),
            "danger": True,
            "back": here,
        }
        return TemplateResponse(request, "admin/confirm_selected.html", context)


def _write_absences(contractor_id: UUID, formset: AbsenceFormSet, actor: Any) -> None:
    """Add and remove absences; a changed row is removed and added again, because services do not edit absences."""
    for form in cast(list[AbsenceForm], formset.forms):
        if not form.has_changed():
            continue
        if form.instance.pk:
            services.remove_absence(contractor_id=contractor_id, absence_id=form.instance.pk, actor=actor)
        if form in formset.kept:
            values = form.cleaned_data
            services.add_absence(
                contractor_id=contractor_id, period=form.period, kind=values["kind"], note=values["note"], actor=actor
            )
