"""Template tag of the status line about road distances."""

from typing import Any

from django import template

from jobs.models import Job
from recommendations.job_routes import progress

register = template.Library()


@register.inclusion_tag("admin/recommendations/road_distances.html", takes_context=True)
def roads_of(context: template.Context, job: Job) -> dict[str, Any]:
    """The status line for a job; empty and without queries if no provider is configured."""
    return {"csrf_token": context.get("csrf_token"), **progress(context["request"], job)}
