"""Filters of the contractor list in the API."""

from collections.abc import Sequence

import django_filters
from django.utils.translation import gettext_lazy as _
from localflavor.us.us_states import STATE_CHOICES

from contractors.models import Contractor
from contractors.querysets import ContractorQuerySet
from smartscheduler.core.rest.filters import ChoicesFilter, ExternalIdFilters, TextsFilter
from smartscheduler.core.text import normalize_search


class ContractorFilter(ExternalIdFilters):
    """Query parameters of the list of contractors."""

    type = ChoicesFilter(choices=Contractor.Type.choices)
    status = ChoicesFilter(choices=Contractor.Status.choices)
    state = ChoicesFilter(choices=STATE_CHOICES)
    min_rating = django_filters.NumberFilter(
        field_name="rating", lookup_expr="gte", min_value=0, max_value=5, max_digits=3, decimal_places=2
    )
    skill = TextsFilter(
        method="with_skill",
        max_length=60,
        label=_("Has one of these skills. Case and spacing do not matter. A name with a comma is in double quotes."),
    )

    class Meta:
        model = Contractor
        fields: list[str] = []

    def with_skill(self, contractors: ContractorQuerySet, name: str, values: Sequence[str]) -> ContractorQuerySet:
        return contractors.with_any_skill(map(normalize_search, values))
