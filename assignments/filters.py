"""Filters of the assignment list in the API."""

from typing import Any, cast

import django_filters
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework.request import Request
from rest_framework.views import APIView

from assignments.models import Assignment
from assignments.querysets import AssignmentQuerySet
from smartscheduler.accounts.visibility_rest import VisibleFieldsSearch
from smartscheduler.core.rest.filters import ChoicesFilter, DayFilter, IdsFilter, RecordFilters, site_day


@extend_schema_field(bool)
class TrueOrFalseFilter(django_filters.TypedChoiceFilter):
    """Filter that accepts `true` or `false` and rejects other values; a BooleanFilter would ignore them."""

    def __init__(self, **kwargs: Any) -> None:
        choices = [("true", "true"), ("false", "false")]
        super().__init__(choices=choices, coerce=lambda text: text == "true", **kwargs)


class AssignmentFilter(RecordFilters):
    """Query parameters. The dates are days in the time zone of the site, and both are included."""

    status = ChoicesFilter(choices=Assignment.Status.choices)
    contractor = IdsFilter(field_name="contractor_id", label=_("Of one of these contractors."))
    job = IdsFilter(field_name="job_id", label=_("Of one of these jobs."))
    date_from = DayFilter(field_name="site_day", lookup_expr="gte", label=_("Starts on this day or later."))
    date_to = DayFilter(field_name="site_day", lookup_expr="lte", label=_("Starts on this day or earlier."))

    in_conflict = TrueOrFalseFilter(
        method="narrow_to_conflicts",
        label=_("True: live assignments that the rules would reject today. False: all others."),
    )

    class Meta:
        model = Assignment
        fields: list[str] = []

    def narrow_to_conflicts(self, queryset: AssignmentQuerySet, name: str, value: bool) -> AssignmentQuerySet:
        conflicts = Assignment.objects.in_conflict(timezone.now())
        return queryset.filter(pk__in=conflicts) if value else queryset.exclude(pk__in=conflicts)

    def filter_queryset(self, queryset: QuerySet[Assignment]) -> QuerySet[Assignment]:
        return super().filter_queryset(queryset.alias(site_day=site_day("time_slot__startswith", "job__time_zone")))


class AssignmentSearch(VisibleFieldsSearch):
    """`?search=` over the job and the contractor, as in the lists of the back-office, in any spelling."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: APIView) -> QuerySet[Any]:
        for term in self.get_search_terms(request):
            queryset = cast(AssignmentQuerySet, queryset).of_words(term, request.user)
        return queryset
