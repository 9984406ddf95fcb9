"""Columns and filters of the contractor list in the admin."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

from django.contrib.admin import ShowFacets
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter, TextFilter
from unfold.decorators import display

from contractors.models import PUBLIC_SEARCH_TEXT, SEARCH_TEXT, Absence, Contractor
from contractors.querysets import LIST_ORDER, ContractorQuerySet
from smartscheduler.accounts.permissions import Permission
from smartscheduler.adminsite.changelists import ListAdmin
from smartscheduler.adminsite.html import badge, stars
from smartscheduler.core.formatting import local_time
from smartscheduler.core.text import normalize_search


class SkillFilter(TextFilter):
    """Contractors who have all of the skills, separated by commas; case and spacing do not matter."""

    title, parameter_name = _("skill"), "skill"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Contractor]) -> QuerySet[Contractor]:
        contractors = cast(ContractorQuerySet, queryset)
        return contractors.with_skills(filter(None, map(normalize_search, (self.value() or "").split(","))))


class RatingFilter(DropdownFilter):
    title, parameter_name = _("rating"), "min_rating"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(least, gettext("{rating} or better").format(rating=least)) for least in ("4.5", "4", "3.5", "3")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Contractor]) -> QuerySet[Contractor]:
        least = self.value()
        known = {value for value, _label in self.lookup_choices}
        return queryset.filter(rating__gte=Decimal(least)) if least in known else queryset


class AvailabilityFilter(DropdownFilter):
    """Active contractors without an absence now, or contractors with one."""

    title, parameter_name = _("availability"), "available"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("now", gettext("Active and not absent")), ("absent", gettext("Absent now"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Contractor]) -> QuerySet[Contractor]:
        absent = Exists(Absence.objects.filter(contractor=OuterRef("pk"), period__contains=timezone.now()))
        if self.value() == "now":
            return queryset.filter(~absent, status=Contractor.Status.ACTIVE)
        return queryset.filter(absent) if self.value() == "absent" else queryset


class PresentAbsences:
    """Ends of the absences of several contractors that have begun and not ended, read when they are first needed."""

    def __init__(self, contractor_ids: Sequence[UUID]) -> None:
        self.contractor_ids = contractor_ids

    @cached_property
    def ends(self) -> dict[UUID, datetime]:
        absences = Absence.objects.filter(contractor__in=self.contractor_ids, period__contains=timezone.now())
        return {absence.contractor_id: absence.slot.end for absence in absences.order_by("period__endswith")}


class ContractorList(ListAdmin):
    list_display = ("who", "type_badge", "availability", "stars", "place", "radius")
    list_display_links = ("who",)
    list_filter = (
        ("status", ChoicesDropdownFilter),
        AvailabilityFilter,
        ("type", ChoicesDropdownFilter),
        ("state", ChoicesDropdownFilter),
        SkillFilter,
        RatingFilter,
    )
    list_filter_submit = True
    ordering = LIST_ORDER
    show_facets = ShowFacets.NEVER  # facets would count all contractors once for each state and type
    search_fields = ("search_text",)
    search_text, public_search_text, full_search_permission = SEARCH_TEXT, PUBLIC_SEARCH_TEXT, Permission.VIEW_CONTACTS
    open_search_help_text = _("Name, city or skill")
    search_help_text = _("Name, city, email, phone or skill")
    empty_text = _("Crews and people whom you book are listed here. Enter them one by one, or import a file.")

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The list; its contractors share the absences of now, which an export of the same list does not read."""
        changelist = super().get_changelist_instance(request)
        absences = PresentAbsences([contractor.pk for contractor in changelist.result_list])
        for contractor in changelist.result_list:
            contractor.absences_now = absences
        return changelist

    @display(description=_("Contractor"), ordering="name", header=True)
    def who(self, contractor: Contractor) -> list[str]:
        return [contractor.name, contractor.email]

    @display(description=_("Type"), ordering="type")
    def type_badge(self, contractor: Contractor) -> SafeString:
        return badge(contractor.type, contractor.get_type_display())

    @display(description=_("Status"), ordering="status")
    def status_badge(self, contractor: Contractor) -> SafeString:
        return badge(contractor.status, contractor.get_status_display())

    @display(description=_("Status"), ordering="status")
    def availability(self, contractor: Contractor) -> SafeString:
        end = contractor.absences_now.ends.get(contractor.pk)  # type: ignore[attr-defined]
        if end is None or contractor.status != Contractor.Status.ACTIVE:
            return self.status_badge(contractor)
        absent = gettext("absent until {time}").format(time=local_time(end, contractor.zone))
        return format_html('{} <span class="quiet">{}</span>', self.status_badge(contractor), absent)

    @display(description=_("Rating"), ordering="rating")
    def stars(self, contractor: Contractor) -> SafeString:
        return stars(contractor.rating, contractor.rating_count)

    @display(description=_("Base"), ordering="city")
    def place(self, contractor: Contractor) -> str:
        return f"{contractor.city}, {contractor.state}"

    @display(description=_("Radius"), ordering="service_radius_miles")
    def radius(self, contractor: Contractor) -> str:
        return radius_in_words(contractor)


def radius_in_words(contractor: Contractor) -> str:
    radius = contractor.service_radius_miles
    return gettext("No limit") if radius is None else gettext("{miles} miles").format(miles=f"{float(radius):g}")
