"""Additions to the list of jobs: the assigned contractor, and a filter by whether a contractor can take the job."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from jobs.models import Job
from jobs.states import Status
from recommendations.unfillable_jobs import rank_open_jobs
from smartscheduler.adminsite import registry
from smartscheduler.adminsite.registry import record_url
from smartscheduler.rules.current import current_rules


@registry.list_column(Job)
@display(description=_("Assigned to"))
def booking(job: Job) -> str | SafeString:
    for assignment in job.live:  # type: ignore[attr-defined]
        return _link(record_url(assignment, "change"), assignment.contractor.name)
    if job.status == Status.OPEN:
        label = gettext("Recommend contractors for {job}").format(job=job.job_number)
        return _link(record_url(job, "recommend"), gettext("Recommend"), label=label)
    return "–"


class CandidatesFilter(admin.SimpleListFilter):
    """Filter of open jobs by whether a contractor can take them."""

    title, parameter_name = _("candidates"), "candidates"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("some", gettext("Available")), ("none", gettext("None available"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Job]) -> QuerySet[Job]:
        if self.value() not in {"some", "none"}:
            return queryset
        with_candidates = self.value() == "some"
        rankings = rank_open_jobs(queryset, current_rules())
        return queryset.filter(pk__in=[job.pk for job, ranking in rankings if bool(ranking.entries) == with_candidates])


registry.list_filter(Job, CandidatesFilter, before="state")


def _link(url: str, text: str, *, label: str = "") -> SafeString:
    return format_html('<a class="text-link underline" href="{}" aria-label="{}">{}</a>', url, label or text, text)
