"""Contractors in the admin, with their working hours and absences on one page."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import TabularInline
from unfold.decorators import action, display

from contractors import services
from contractors.acts import ACTS
from contractors.forms import USUAL_WEEK, AbsenceForm, AbsenceFormSet, ContractorForm, ShiftForm, ShiftFormSet
from contractors.models import WORDS, Absence, Contractor, Rating, WorkingHours
from smartscheduler.accounts.policy import Permission
from smartscheduler.backoffice.acts import ActsAdmin, for_each
from smartscheduler.backoffice.display import badge, stars
from smartscheduler.backoffice.lists import ListAdmin
from smartscheduler.backoffice.people import may, person
from smartscheduler.backoffice.places import PLACE, PlacedAdmin
from smartscheduler.backoffice.writing import AskingChoices, ServiceAdmin, ServiceForm, changed, submitted
from smartscheduler.history.pages import HistoryAdmin

# Absences that ended longer ago are left out of the page.
ABSENCES_SHOWN_FOR = timedelta(days=60)


class ShiftInline(AskingChoices, TabularInline):
    model = WorkingHours
    form, formset = ShiftForm, ShiftFormSet
    extra, max_num = 0, 50
    hide_title = True
    verbose_name, verbose_name_plural = "shift", "Working hours (by the contractor's own clock)"

    def get_extra(self, request: HttpRequest, obj: Model | None = None, **kwargs: Any) -> int:
        return 0 if obj else len(USUAL_WEEK)


class AbsenceInline(TabularInline):
    model = Absence
    form, formset = AbsenceForm, AbsenceFormSet
    fields = ("start", "end", "kind", "note")
    extra, max_num = 0, 200
    hide_title = True
    verbose_name_plural = "Absences (by the contractor's own clock)"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Absence]:
        return super().get_queryset(request).filter(period__endswith__gt=timezone.now() - ABSENCES_SHOWN_FOR)


class ReadOnlyInline(TabularInline):
    """A tab of what was written elsewhere."""

    tab, extra, can_delete, per_page, hide_title = True, 0, False, 20, True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class RatingInline(ReadOnlyInline):
    model = Rating
    fields = readonly_fields = ("value", "comment", "given_by", "created_at")


@admin.register(Contractor)
class ContractorAdmin(PlacedAdmin, ActsAdmin, ServiceAdmin, HistoryAdmin, ListAdmin):
    form = ContractorForm
    exchanged = "contractors"
    acts = ACTS
    inlines: tuple[Any, ...] = (ShiftInline, AbsenceInline, RatingInline)
    list_display = ("who", "type_badge", "status_badge", "stars", "place", "radius")
    list_display_links = ("who",)
    list_filter = ("status", "type")
    search_fields = ("words",)
    words = WORDS
    search_help_text = "Name, city, e-mail or skill"
    readonly_fields = ("status_badge", "stars")
    actions = ("deactivate_selected",)
    compressed_fields = True
    fieldsets: ClassVar[Any] = (
        (None, {"fields": (("name", "type"), ("status_badge", "stars"))}),
        ("Contact", {"fields": (("email", "phone_number"),)}),
        ("Work", {"fields": ("skills", "service_radius_miles")}),
        ("Base", {"fields": PLACE}),
    )

    def write(self, request: HttpRequest, form: ServiceForm, formsets: Sequence[Any], *, change: bool) -> None:
        contractor, actor = form.instance, person(request)
        shifts, absences = formsets[:2]
        if not change:
            services.create_contractor(id=contractor.pk, working_hours=shifts.shifts, actor=actor, **submitted(form))
        else:
            hours = {"working_hours": shifts.shifts} if shifts.has_changed() else {}
            services.update_contractor(contractor_id=contractor.pk, actor=actor, **changed(form), **hours)
        _write_absences(contractor.pk, absences, actor)
        if not change or {"name", "latitude", "longitude"} & set(form.changed_data):
            _warn_of_duplicates(request, contractor)

    def get_fieldsets(self, request: HttpRequest, obj: Contractor | None = None) -> Any:
        """A new contractor has no status and rating to show."""
        return self.fieldsets if obj else ((None, {"fields": (("name", "type"),)}), *self.fieldsets[1:])

    def get_formset_kwargs(self, request: HttpRequest, obj: Any, inline: Any, prefix: str) -> dict[str, Any]:
        kwargs = super().get_formset_kwargs(request, obj, inline, prefix)
        # Only when the page is first shown: a posted row that equals its initial values would count as empty.
        if isinstance(inline, ShiftInline) and request.method == "GET" and obj._state.adding:
            kwargs["initial"] = USUAL_WEEK
        return kwargs

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Deleting is deactivating."""
        contractor = self.get_object(request, object_id)
        if contractor is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        return self.act_view(request, contractor.pk, act=next(act for act in self.acts if act.name == "deactivate"))

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kw: Any) -> HttpResponse:
        context["show_delete"] = False  # the act above the form says what it does
        return super().render_change_form(request, context, *args, **kw)

    def has_deactivate_permission(self, request: HttpRequest) -> bool:
        return may(request, Permission.DEACTIVATE_CONTRACTORS)

    @action(description="Deactivate", permissions=["deactivate"])
    def deactivate_selected(self, request: HttpRequest, queryset: QuerySet[Contractor]) -> None:
        for_each(
            request,
            queryset,
            lambda contractor: services.deactivate_contractor(contractor_id=contractor.pk, actor=person(request)),
            done="Deactivated",
        )

    @display(description="Contractor", ordering="name", header=True)
    def who(self, contractor: Contractor) -> list[str]:
        return [contractor.name, contractor.email]

    @display(description="Type", ordering="type")
    def type_badge(self, contractor: Contractor) -> SafeString:
        return badge(contractor.type, contractor.get_type_display())

    @display(description="Status", ordering="status")
    def status_badge(self, contractor: Contractor) -> SafeString:
        return badge(contractor.status, contractor.get_status_display())

    @display(description="Rating", ordering="rating")
    def stars(self, contractor: Contractor) -> SafeString:
        return stars(contractor.rating, contractor.rating_count)

    @display(description="Base", ordering="city")
    def place(self, contractor: Contractor) -> str:
        return f"{contractor.city}, {contractor.state}"

    @display(description="Radius", ordering="service_radius_miles")
    def radius(self, contractor: Contractor) -> str:
        radius = contractor.service_radius_miles
        return "anywhere" if radius is None else f"{float(radius):g} miles"


def _write_absences(contractor_id: UUID, formset: AbsenceFormSet, actor: Any) -> None:
    """Add, remove, and for a changed row both: an absence is never edited in place."""
    for form in formset.forms:
        if not form.has_changed():
            continue
        if form.instance.pk:
            services.remove_absence(contractor_id=contractor_id, absence_id=form.instance.pk, actor=actor)
        if form in formset.kept:
            values = form.cleaned_data
            services.add_absence(
                contractor_id=contractor_id, period=form.period, kind=values["kind"], note=values["note"], actor=actor
            )


def _warn_of_duplicates(request: HttpRequest, contractor: Contractor) -> None:
    for other in services.likely_duplicates(contractor):
        messages.warning(
            request,
            format_html(
                'Likely a duplicate: <a href="{}">{}</a> has the same name at the same place.',
                reverse("admin:contractors_contractor_change", args=[other.pk]),
                other.name,
            ),
        )
