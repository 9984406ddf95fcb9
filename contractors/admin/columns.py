"""The list of contractors: its columns and its filters."""

from decimal import Decimal
from typing import Any, cast

from django.contrib.admin import ShowFacets
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter, TextFilter
from unfold.decorators import display

from contractors.models import PUBLIC_SEARCH_TEXT, SEARCH_TEXT, Contractor
from contractors.querysets import ContractorQuerySet
from smartscheduler.accounts.permissions import Permission
from smartscheduler.adminsite.changelists import ListAdmin
from smartscheduler.adminsite.html import badge, stars
from smartscheduler.core.text import normalize_search


class SkillFilter(TextFilter):
    """Those who have all the skills named, whatever the case."""

    title, parameter_name = "skill", "skill"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Contractor]) -> QuerySet[Contractor]:
        contractors = cast(ContractorQuerySet, queryset)
        return contractors.with_skills(filter(None, map(normalize_search, (self.value() or "").split(","))))


class RatingFilter(DropdownFilter):
    title, parameter_name = "rating", "min_rating"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(least, f"{least} or better") for least in ("4.5", "4", "3.5", "3")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Contractor]) -> QuerySet[Contractor]:
        least = self.value()
        known = {value for value, _words in self.lookup_choices}
        return queryset.filter(rating__gte=Decimal(least)) if least in known else queryset


class ContractorList(ListAdmin):
    list_display = ("who", "type_badge", "status_badge", "stars", "place", "radius")
    list_display_links = ("who",)
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("type", ChoicesDropdownFilter),
        ("state", ChoicesDropdownFilter),
        SkillFilter,
        RatingFilter,
    )
    list_filter_submit = True
    show_facets = ShowFacets.NEVER  # a count for each state and type of all contractors
    search_fields = ("search_text",)
    search_text, public_search_text, full_search_permission = SEARCH_TEXT, PUBLIC_SEARCH_TEXT, Permission.VIEW_CONTACTS
    open_search_help_text = "Name, city or skill"
    search_help_text = "Name, city, e-mail or skill"

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
        return radius_in_words(contractor)


def radius_in_words(contractor: Contractor) -> str:
    radius = contractor.service_radius_miles
    return "anywhere" if radius is None else f"{float(radius):g} miles"
