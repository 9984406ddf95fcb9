"""Filters of plans and of their items in the API."""

import django_filters
from django.utils.translation import gettext_lazy as _

from recommendations.planning.models import Plan, PlanItem, PlanMiss
from recommendations.planning.states import Action, ItemState, MissCode, State
from smartscheduler.core.rest.filters import ChoicesFilter, IdsFilter, NumbersFilter, RecordFilters


class PlanFilter(RecordFilters):
    """Query parameters of the list of plans."""

    state = ChoicesFilter(choices=State.choices)
    requested_by = IdsFilter(field_name="requested_by_id", label=_("Requested by one of the users with these ids."))

    class Meta:
        model = Plan
        fields: list[str] = []


class PlanItemFilter(django_filters.FilterSet):
    """Query parameters of the items of a plan."""

    action = ChoicesFilter(choices=Action.choices)
    state = ChoicesFilter(choices=ItemState.choices)
    id = NumbersFilter(label=_("Has one of these ids; at most 100."))
    contractor = IdsFilter(field_name="contractor_id", label=_("Of one of these contractors."))

    class Meta:
        model = PlanItem
        fields: list[str] = []


class PlanMissFilter(django_filters.FilterSet):
    """Query parameters of the misses of a plan."""

    code = ChoicesFilter(choices=MissCode.choices)

    class Meta:
        model = PlanMiss
        fields: list[str] = []
