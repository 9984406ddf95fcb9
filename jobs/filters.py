"""Filters of the job list in the API."""

from uuid import UUID

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from jobs.models import Job
from jobs.querysets import JobQuerySet
from smartscheduler.core.rest.filters import DayFilter, ExternalIdFilters, site_day


class JobFilter(ExternalIdFilters):
    """Query parameters; `status`, `type` and `priority` can be repeated.

    The dates are days in the time zone of the site, and both are included.
    """

    status = django_filters.MultipleChoiceFilter(choices=Job.Status.choices)
    type = django_filters.MultipleChoiceFilter(choices=Job.Type.choices)
    priority = django_filters.MultipleChoiceFilter(choices=Job.Priority.choices)
    date_from = DayFilter(field_name="site_day", lookup_expr="gte", label=_("Desired date on this day or later."))
    date_to = DayFilter(field_name="site_day", lookup_expr="lte", label=_("Desired date on this day or earlier."))
    contractor = django_filters.UUIDFilter(method="of_contractor", label=_("Assigned to this contractor."))

    class Meta:
        model = Job
        fields: list[str] = []

    def filter_queryset(self, queryset: QuerySet[Job]) -> QuerySet[Job]:
        return super().filter_queryset(queryset.alias(site_day=site_day("desired_date", "time_zone")))

    def of_contractor(self, jobs: JobQuerySet, name: str, value: UUID) -> JobQuerySet:
        # The join cannot repeat a job: a job has at most one assignment in these states.
        kept = ["pending", "confirmed", "in_progress", "completed"]
        return jobs.filter(assignments__contractor_id=value, assignments__status__in=kept)
