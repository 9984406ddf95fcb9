"""Filters of the job list in the API."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from jobs.models import Job
from jobs.querysets import JobQuerySet
from smartscheduler.core.rest.filters import ChoicesFilter, DayFilter, ExternalIdFilters, IdsFilter, site_day


class JobFilter(ExternalIdFilters):
    """Query parameters. The dates are days in the time zone of the site, and both are included."""

    status = ChoicesFilter(choices=Job.Status.choices)
    type = ChoicesFilter(choices=Job.Type.choices)
    priority = ChoicesFilter(choices=Job.Priority.choices)
    date_from = DayFilter(field_name="site_day", lookup_expr="gte", label=_("Desired date on this day or later."))
    date_to = DayFilter(field_name="site_day", lookup_expr="lte", label=_("Desired date on this day or earlier."))
    contractor = IdsFilter(method="of_contractors", label=_("Assigned to one of these contractors."))

    class Meta:
        model = Job
        fields: list[str] = []

    def filter_queryset(self, queryset: QuerySet[Job]) -> QuerySet[Job]:
        return super().filter_queryset(queryset.alias(site_day=site_day("desired_date", "time_zone")))

    def of_contractors(self, jobs: JobQuerySet, name: str, values: Sequence[UUID]) -> JobQuerySet:
        # The join cannot repeat a job: a job has at most one assignment in these states.
        kept = ["pending", "confirmed", "in_progress", "completed"]
        return jobs.filter(assignments__contractor_id__in=values, assignments__status__in=kept)
