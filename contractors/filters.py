"""Filters of the contractor list in the API."""

import django_filters
from django.utils.translation import gettext_lazy as _
from localflavor.us.us_states import STATE_CHOICES

from contractors.models import Contractor
from contractors.querysets import ContractorQuerySet
from smartscheduler.core.rest.filters import ExternalIdFilters
from smartscheduler.core.text import normalize_search


class ContractorFilter(ExternalIdFilters):
    """Query parameters; `type`, `status` and `state` can be repeated."""

    type = django_filters.MultipleChoiceFilter(choices=Contractor.Type.choices)
    status = django_filters.MultipleChoiceFilter(choices=Contractor.Status.choices)
    state = django_filters.MultipleChoiceFilter(choices=STATE_CHOICES)
    min_rating = django_filters.NumberFilter(
        field_name="rating", lookup_expr="gte", min_value=0, max_value=5, max_digits=3, decimal_places=2
    )
    skill = django_filters.CharFilter(
        method="with_skill", max_length=60, label=_("Has this skill. Case and spacing do not matter.")
    )

    class Meta:
        model = Contractor
        fields: list[str] = []

    def with_skill(self, contractors: ContractorQuerySet, name: str, value: str) -> ContractorQuerySet:
        return contractors.with_skills([normalize_search(value)])
