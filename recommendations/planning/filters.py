"""Filters of plans and of their items in the API."""

import django_filters
from django.utils.translation import gettext_lazy as _

from recommendations.planning.models import Plan, PlanItem, PlanMiss
from recommendations.planning.states import Action, ItemState, MissCode, State


class PlanFilter(django_filters.FilterSet):
    """Query parameters; `state` can be repeated."""

    state = django_filters.MultipleChoiceFilter(choices=State.choices)
    requested_by = django_filters.UUIDFilter(
        field_name="requested_by_id", label=_("Requested by the user with this id.")
    )

    class Meta:
        model = Plan
        fields: list[str] = []


class PlanItemFilter(django_filters.FilterSet):
    """Query parameters; `action` and `state` can be repeated."""

    action = django_filters.MultipleChoiceFilter(choices=Action.choices)
    state = django_filters.MultipleChoiceFilter(choices=ItemState.choices)
    contractor = django_filters.UUIDFilter(field_name="contractor_id")

    class Meta:
        model = PlanItem
        fields: list[str] = []


class PlanMissFilter(django_filters.FilterSet):
    """Query parameters; `code` can be repeated."""

    code = django_filters.MultipleChoiceFilter(choices=MissCode.choices)

    class Meta:
        model = PlanMiss
        fields: list[str] = []
