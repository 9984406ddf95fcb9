"""The live page, its parts on their own, and its figures for programs."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from smartscheduler.accounts.models import User
from smartscheduler.accounts.policy import Permission
from smartscheduler.dashboard import board
from smartscheduler.dashboard.activity import latest_items
from smartscheduler.dashboard.figures import figures
from smartscheduler.events import feed

# What each part of the page shows; a request reads only what it asks for.
PARTS: dict[str, Callable[[], Any]] = {
    "figures": lambda: figures(timezone.now()),
    "jobs": board.open_jobs,
    "today": lambda: board.today(timezone.now()),
    "feed": latest_items,
}


@never_cache
@require_safe
@login_required
def page(request: HttpRequest) -> HttpResponse:
    """The whole page, and the sequence number from which on the socket takes over."""
    _check(request)
    # Read before the parts: an event in between is then shown twice over, not missed.
    context = {"head": feed.head(), "heartbeat_seconds": settings.EVENT_HEARTBEAT_SECONDS}
    return render(request, "dashboard/page.html", {**context, "parts": {name: PARTS[name]() for name in PARTS}})


@never_cache
@require_safe
def parts(request: HttpRequest) -> HttpResponse:
    """The parts named in `?parts=figures,jobs`, as they are now; 401 for those who are signed out."""
    if not request.user.is_authenticated:
        return HttpResponse(status=401)
    _check(request)
    wanted = [name for name in request.GET.get("parts", "").split(",") if name in PARTS]
    return render(request, "dashboard/parts.html", {"parts": {name: PARTS[name]() for name in wanted}})


def _check(request: HttpRequest) -> None:
    if not isinstance(request.user, User) or not request.user.allows(Permission.VIEW_EVENTS):
        raise PermissionDenied


FiguresSerializer = inline_serializer(
    "DashboardFigures",
    {
        "open": serializers.IntegerField(),
        "urgent_open": serializers.IntegerField(),
        "assigned_today": serializers.IntegerField(),
        "in_progress": serializers.IntegerField(),
        "completed_today": serializers.IntegerField(),
        "active_contractors": serializers.IntegerField(),
        "head": serializers.IntegerField(help_text="Follow the events after this number to keep the figures fresh."),
        "generated_at": serializers.DateTimeField(),
    },
)


class DashboardView(APIView):
    required_permissions = {"get": Permission.VIEW_EVENTS}

    @extend_schema(operation_id="dashboard", tags=["dashboard"], responses=FiguresSerializer)
    def get(self, request: Request) -> Response:
        """The figures of the live dashboard. `…_today` counts from midnight at each job's site."""
        head, now = feed.head(), timezone.now()
        return Response({**figures(now).as_json(), "head": head, "generated_at": now})
