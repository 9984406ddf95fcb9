"""What recommendations add to the list of jobs: who has each job, and whether anybody can take it."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from jobs.models import Job
from jobs.states import Status
from recommendations.unfillable_jobs import rank_open_jobs
from smartscheduler.adminsite import registry
from smartscheduler.adminsite.registry import record_url
from smartscheduler.rules.current import current_rules


@registry.list_column(Job)
@display(description="Assigned to")
def booking(job: Job) -> str | SafeString:
    for assignment in job.live:  # type: ignore[attr-defined]
        return _link(record_url(assignment, "change"), assignment.contractor.name)
    if job.status == Status.OPEN:
        return _link(record_url(job, "recommend"), "Recommend", label=f"Recommend for {job.job_number}")
    return "–"


class CandidatesFilter(admin.SimpleListFilter):
    """Whether anybody can take an open job."""

    title, parameter_name = "candidates", "candidates"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("some", "Somebody can take it"), ("none", "Nobody can take it")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Job]) -> QuerySet[Job]:
        if self.value() not in {"some", "none"}:
            return queryset
        wanted = self.value() == "some"
        found = [
            job.pk for job, ranking in rank_open_jobs(queryset, current_rules()) if bool(ranking.entries) == wanted
        ]
        return queryset.filter(pk__in=found)


registry.list_filter(Job, CandidatesFilter, before="state")


def _link(url: str, text: str, *, label: str = "") -> SafeString:
    return format_html('<a class="text-link underline" href="{}" aria-label="{}">{}</a>', url, label or text, text)
