"""The line on the Recommend page that says where road distances come from, and what is still on its way."""

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
from django.views.decorators.http import require_http_methods

from jobs.models import Job
from recommendations.models import Lookup
from recommendations.travel.event_receiver import look_up_again
from smartscheduler.accounts.permissions import Permission
from smartscheduler.adminsite.permissions import may, require
from smartscheduler.travel.config import active_providers


@require_http_methods(["GET", "POST"])
def job_roads(request: HttpRequest, pk: UUID) -> HttpResponse:
    """GET: the line, for htmx. POST: look everything up again."""
    require(request, Permission.RECOMMEND)
    job = get_object_or_404(Job, pk=pk)
    if request.method == "POST":
        return _again(request, job)
    context = progress(request, job)
    response = HttpResponse(render_to_string("admin/recommendations/roads.html", context, request))
    if context.get("arrived") and request.GET.get("waiting"):
        # Whoever has waited for them wants to see them; whoever reads or writes is only told.
        response["HX-Refresh"] = "true"
    return response


def _again(request: HttpRequest, job: Job) -> HttpResponse:
    require(request, Permission.ASSIGN)
    if not active_providers():
        messages.error(request, "No provider of road distances is configured.")
    elif look_up_again([job.pk] if job.status == Job.Status.OPEN else []):
        messages.success(request, f"The road distances of {job} are looked up again.")
    else:
        messages.error(request, f"{job} is not open: nothing is ranked for it.")
    return redirect(reverse("admin:jobs_job_recommend", args=[job.pk]))


def progress(request: HttpRequest, job: Job) -> dict[str, Any]:
    """What the line says; `shown_at` is when the ranking above it was made."""
    if not active_providers() or job.status != Job.Status.OPEN:
        return {}
    lookup = Lookup.objects.filter(pk=job.pk).first()
    shown_at = _moment(request.GET.get("shown_at")) or timezone.now()
    finished = lookup.finished_at if lookup and not lookup.is_open else None
    return {
        "job": job,
        "lookup": lookup,
        "looked_up": age(lookup.finished_at) if lookup and lookup.finished_at else "",
        "waits": lookup is None or lookup.is_open,
        "arrived": bool(finished and finished > shown_at),
        "shown_at": shown_at.isoformat(),
        "may_look_up": may(request, Permission.ASSIGN),
    }


def _moment(text: str | None) -> datetime | None:
    try:
        found = parse_datetime(text.replace(" ", "+")) if text else None
    except ValueError:
        return None
    return found if found and found.tzinfo else None


def age(since: datetime) -> str:
    """How long ago, roughly: `just now`, `12 min ago`, `3 h ago`, `5 days ago`."""
    minutes = int((timezone.now() - since).total_seconds() // 60)
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes} min ago"
    hours = minutes // 60
    return f"{hours} h ago" if hours < 48 else f"{hours // 24} days ago"
