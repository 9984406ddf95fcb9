"""What a list of assignments can be narrowed by."""

import django_filters

from assignments.models import Assignment
from assignments.querysets import AssignmentQuerySet
from smartscheduler.filters import DayFilter, site_day


class AssignmentFilter(django_filters.FilterSet):
    """`status` may be given more than once; the dates are days at the site, both included."""

    status = django_filters.MultipleChoiceFilter(choices=Assignment.Status.choices)
    contractor = django_filters.UUIDFilter(field_name="contractor_id")
    job = django_filters.UUIDFilter(field_name="job_id")
    date_from = DayFilter(field_name="site_day", lookup_expr="gte", label="Starts on this day or later.")
    date_to = DayFilter(field_name="site_day", lookup_expr="lte", label="Starts on this day or earlier.")

    class Meta:
        model = Assignment
        fields: list[str] = []

    def filter_queryset(self, queryset: AssignmentQuerySet) -> AssignmentQuerySet:
        return super().filter_queryset(queryset.alias(site_day=site_day("time_slot__startswith", "job__time_zone")))
