"""How the lookup of a job's road distances is coming along, on the pages that rank for it."""

from typing import Any

from django import template

from jobs.models import Job
from recommendations.job_routes import progress

register = template.Library()


@register.inclusion_tag("admin/recommendations/roads.html", takes_context=True)
def roads_of(context: template.Context, job: Job) -> dict[str, Any]:
    """Nothing, and no query, without a provider."""
    return {"csrf_token": context.get("csrf_token"), **progress(context["request"], job)}
