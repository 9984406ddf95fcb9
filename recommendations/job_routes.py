"""The status line about road distances on the Recommend page: what is known, and what is being looked up."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from jobs.models import Job
from recommendations.models import Lookup
from recommendations.travel.event_receiver import look_up_again
from smartscheduler.accounts.permissions import Permission
from smartscheduler.adminsite.permissions import may, require
from smartscheduler.core.formatting import relative
from smartscheduler.travel.config import active_providers


@require_http_methods(["GET", "POST"])
def job_roads(request: HttpRequest, pk: UUID) -> HttpResponse:
    """GET: the status line, for htmx. POST: request all road distances of the job again."""
    require(request, Permission.RECOMMEND)
    job = get_object_or_404(Job, pk=pk)
    if request.method == "POST":
        return _again(request, job)
    context = progress(request, job)
    response = HttpResponse(render_to_string("admin/recommendations/road_distances.html", context, request))
    if context.get("arrived") and request.GET.get("waiting"):
        # Only a page that has shown "looking up" is reloaded; elsewhere a reload would interrupt reading and typing.
        response["HX-Refresh"] = "true"
    return response


def _again(request: HttpRequest, job: Job) -> HttpResponse:
    require(request, Permission.ASSIGN)
    if not active_providers():
        messages.error(request, gettext("No provider of road distances is configured."))
    elif look_up_again([job.pk] if job.status == Job.Status.OPEN else []):
        messages.success(request, gettext("Looking up the road distances of {job} again.").format(job=job))
    else:
        messages.error(request, gettext("{job} is not open, so it has no ranking.").format(job=job))
    return redirect(reverse("admin:jobs_job_recommend", args=[job.pk]))


def progress(request: HttpRequest, job: Job) -> dict[str, Any]:
    """Context of the status line; `shown_at` is the time of the ranking on the page."""
    if not active_providers() or job.status != Job.Status.OPEN:
        return {}
    lookup = Lookup.objects.filter(pk=job.pk).first()
    shown_at = _moment(request.GET.get("shown_at")) or timezone.now()
    finished = lookup.finished_at if lookup and not lookup.is_open else None
    return {
        "job": job,
        "lookup": lookup,
        "looked_up": relative(lookup.finished_at, timezone.now()) if lookup and lookup.finished_at else "",
        "waits": lookup is None or lookup.is_open,
        "arrived": bool(finished and finished > shown_at),
        "shown_at": shown_at.isoformat(),
        "may_look_up": may(request, Permission.ASSIGN),
    }


def _moment(text: str | None) -> datetime | None:
    try:
        # In a query string, the plus sign of an offset arrives as a space.
        moment = parse_datetime(text.replace(" ", "+")) if text else None
    except ValueError:
        return None
    return moment if moment and moment.tzinfo else None
