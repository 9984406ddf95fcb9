"""What a list of jobs can be narrowed by."""

from uuid import UUID

import django_filters

from jobs.models import Job
from jobs.querysets import JobQuerySet
from smartscheduler.core.rest.filters import DayFilter, site_day


class JobFilter(django_filters.FilterSet):
    """`status`, `type` and `priority` may be given more than once; the dates are days at the site, both included."""

    status = django_filters.MultipleChoiceFilter(choices=Job.Status.choices)
    type = django_filters.MultipleChoiceFilter(choices=Job.Type.choices)
    priority = django_filters.MultipleChoiceFilter(choices=Job.Priority.choices)
    date_from = DayFilter(field_name="site_day", lookup_expr="gte", label="Wanted on this day or later.")
    date_to = DayFilter(field_name="site_day", lookup_expr="lte", label="Wanted on this day or earlier.")
    contractor = django_filters.UUIDFilter(method="of_contractor", label="Booked with this contractor.")

    class Meta:
        model = Job
        fields: list[str] = []

    def filter_queryset(self, queryset: JobQuerySet) -> JobQuerySet:
        return super().filter_queryset(queryset.alias(site_day=site_day("desired_date", "time_zone")))

    def of_contractor(self, jobs: JobQuerySet, name: str, value: UUID) -> JobQuerySet:
        # One row at most for each job: it has one live assignment or one completed one.
        held = ["pending", "confirmed", "in_progress", "completed"]
        return jobs.filter(assignments__contractor_id=value, assignments__status__in=held)
