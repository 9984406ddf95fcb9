"""Live board: the page, its parts for partial updates, and its figures in the API."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from assignments.lateness import check_late_until, late_sentence
from assignments.models import Assignment
from contractors.models import Contractor
from contractors.services import add_favorite, remove_favorite
from jobs.models import Job
from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Permission
from smartscheduler.accounts.visibility import CUSTOMERS, can_see
from smartscheduler.adminsite.models import SavedView
from smartscheduler.adminsite.saved_views import change_views, views_of
from smartscheduler.core.entry import UnreadableText
from smartscheduler.core.entry.later import read_later
from smartscheduler.core.ids import parse_id, parse_ids
from smartscheduler.core.rest.views import KnownParameters
from smartscheduler.dashboard import board
from smartscheduler.dashboard.activity_feed import FOR_MACHINES, latest_items
from smartscheduler.dashboard.axis import ONE_DAY
from smartscheduler.dashboard.board_search import results
from smartscheduler.dashboard.counts import counts
from smartscheduler.dashboard.day_sheet import context as sheet_context
from smartscheduler.dashboard.drop_ranks import drop_targets_json
from smartscheduler.dashboard.job_panel import context as panel_context
from smartscheduler.dashboard.kpis import figures
from smartscheduler.dashboard.map_data import on_the_map
from smartscheduler.dashboard.open_jobs import open_jobs
from smartscheduler.dashboard.question import MOST_ROWS, BoardForm, Question
from smartscheduler.dashboard.rows import page_of, some_rows
from smartscheduler.dashboard.search import find_everything
from smartscheduler.errors import InvalidInput
from smartscheduler.events import event_log
from smartscheduler.events.publishing import Event
from smartscheduler.notifications.undo import undo_offered
from smartscheduler.rules.current import current_rules

# The page of the board's saved views; its parameters that belong to no view.
VIEWS_PAGE = "dashboard.board"
PASSING = {"day", "for_job", "able", "row", "rows", "at"}
# Data of each part of the page. A partial update reads only the requested parts.
PARTS: dict[str, Callable[[Question, User], Any]] = {
    "figures": lambda question, reader: figures(timezone.now()),
    "jobs": lambda question, reader: open_jobs(),
    "board": lambda question, reader: board.board(question, timezone.now(), current_rules()),
    "counts": lambda question, reader: counts(question, timezone.now(), current_rules()),
    "feed": lambda question, reader: latest_items(reader),
}


@never_cache
@require_safe
@login_required
def page(request: HttpRequest) -> HttpResponse:
    """The whole page, with the sequence number after which the socket delivers events."""
    user = _reader(request)
    # Read the number before the parts: an event in between is then delivered twice instead of lost.
    head, question = event_log.head(), Question.of(request.GET, user)
    if not request.GET:
        question = question.opening(timezone.now())
    context = {
        "head": head,
        # One booking changes the rankings of many jobs. The panel subscribes to these events on its own socket.
        "types": ",".join(sorted(Event.registry.keys() - set(FOR_MACHINES))),
        "heartbeat_seconds": settings.EVENT_HEARTBEAT_SECONDS,
        "undo_seconds": int(undo_offered().total_seconds()),
        "may_assign": user.allows(Permission.ASSIGN),
        "may_recommend": user.allows(Permission.RECOMMEND),
        "may_break_windows": user.allows(Permission.BREAK_WINDOW),
        "sees_customers": can_see(user, CUSTOMERS),
        # The first board in a browser offers a tour; with real data, the menu of the header has it.
        "is_demo": settings.DEBUG and settings.DEMO,
        "tile_url": settings.MAP_TILE_URL,
        "tile_attribution": settings.MAP_TILE_ATTRIBUTION,
        "form": BoardForm(QueryDict(question.query().removeprefix("?"))),
        "views": views_of(user, VIEWS_PAGE, _lasting(request.GET.urlencode())),
        "parts": {name: read(question, user) for name, read in PARTS.items()},
    }
    return render(request, "dashboard/page.html", context)


def for_scripts(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Decorator of views for scripts: GET only, not cached, and 401 instead of a redirect to the sign-in page."""

    @wraps(view)
    def guarded(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return view(request, **kwargs) if request.user.is_authenticated else HttpResponse(status=401)

    return never_cache(require_safe(guarded))


@for_scripts
def parts(request: HttpRequest) -> HttpResponse:
    """The current parts of the page named in `?parts=`, for example `figures,jobs`."""
    user = _reader(request)
    question = Question.of(request.GET, user)
    try:
        names = _part_names(request.GET.get("parts", ""))
    except InvalidInput as error:
        return HttpResponse(error.detail, status=400, content_type="text/plain; charset=utf-8")
    context = {
        "parts": {name: PARTS[name](question, user) for name in names},
        "may_assign": user.allows(Permission.ASSIGN),
        "sees_customers": can_see(user, CUSTOMERS),
    }
    return render(request, "dashboard/parts.html", context)


@never_cache
@require_POST
def favorites(request: HttpRequest) -> HttpResponse:
    """Star the contractor `contractor` for the user, or remove the star if `starred` is empty."""
    if not request.user.is_authenticated:
        return HttpResponse(status=401)
    user = _reader(request)
    contractor = parse_id(request.POST.get("contractor", ""))
    if contractor is None:
        raise Http404
    try:
        if request.POST.get("starred"):
            add_favorite(owner=user, contractor_id=contractor)
        else:
            remove_favorite(owner=user, contractor_id=contractor)
    except Contractor.DoesNotExist:
        raise Http404 from None
    except InvalidInput as refusal:
        return HttpResponse(refusal.detail, status=400, content_type="text/plain; charset=utf-8")
    return HttpResponse(status=204)


@never_cache
@require_POST
@login_required
def saved_views(request: HttpRequest) -> HttpResponse:
    """Save the board of `query` as a view, or rename or delete a view. Then show the board."""
    data = {**request.POST.dict(), "query": _lasting(request.POST.get("query", ""))}
    try:
        message, view = change_views(data.get("do", "save"), owner=_reader(request), page=VIEWS_PAGE, data=data)
    except InvalidInput as refusal:
        messages.error(request, refusal.detail)
        return redirect(f"{reverse('dashboard:page')}?{data['query']}")
    except (SavedView.DoesNotExist, ValueError):
        raise Http404 from None
    messages.success(request, message.format(name=view.name))
    return redirect(f"{reverse('dashboard:page')}?{view.query}")


def _lasting(query: str) -> str:
    """The parts of a query string that a saved view keeps: a view opens on the present day, for no certain job."""
    pairs = [(name, value) for name, value in parse_qsl(query[:2000]) if name in BoardForm.base_fields]
    return urlencode([(name, value) for name, value in pairs if name not in PASSING])


@for_scripts
def search(request: HttpRequest) -> HttpResponse:
    """Jobs, contractors and assignments that match `?q=`, a few of each, as options of the search in the header."""
    user = _reader(request, Permission.VIEW_JOBS)
    try:
        groups = find_everything(request.GET.get("q", ""), user)
    except InvalidInput as error:
        return HttpResponse(error.detail, status=400, content_type="text/plain; charset=utf-8")
    return render(request, "dashboard/search.html", {"groups": groups})


@for_scripts
def some_lanes(request: HttpRequest) -> HttpResponse:
    """The lanes of `?contractors=ID,ID` on `?day=` that match the filters of the board.

    The page names the clock of the shown board, `?clock=`: new contractors must not change that of a few lanes.
    """
    user = _reader(request)
    question = Question.of(request.GET, user)
    ids = parse_ids(request.GET.get("contractors", ""), most=MOST_ROWS)
    if question.day is None:
        raise Http404
    lanes = board.some_lanes(ids, question, timezone.now(), current_rules())
    context = {
        "lanes": lanes,
        "day": question.day,
        "may_assign": user.allows(Permission.ASSIGN),
        "sees_customers": can_see(user, CUSTOMERS),
    }
    return render(request, "dashboard/parts/board_rows.html", context)


@for_scripts
def board_search(request: HttpRequest) -> HttpResponse:
    """The contractors and jobs that contain the words of `?q=`, as options of the search of the board."""
    user = _reader(request)
    question = Question.of(request.GET, user)
    return render(request, "dashboard/board_results.html", {"results": results(question, user, timezone.now())})


@for_scripts
def drop_targets(request: HttpRequest) -> JsonResponse:
    """Possible start times of `?job=` in each lane of the page, as positions and instants, or the reason why not;
    and the ranking.

    With `?contractors=ID,ID` only in the lanes of these.
    """
    user = _reader(request, Permission.ASSIGN)
    question = Question.of(request.GET, user)
    job = get_object_or_404(Job, pk=parse_id(request.GET.get("job", "")))
    now, rules = timezone.now(), current_rules()
    axis, ids = question.axis(now), parse_ids(request.GET.get("contractors", ""), most=MOST_ROWS)
    rows = some_rows(ids, question, axis, now, rules) if ids else page_of(question, axis, now, rules).rows
    people = [row.contractor for row in rows]
    breaks = user.allows(Permission.BREAK_WINDOW)
    return JsonResponse(drop_targets_json(job, people, axis, rules, despite_window=breaks))


@for_scripts
def job_panel(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """The side panel of a job: its data, its ranking with reasons, and the check of a chosen contractor."""
    user = _reader(request, Permission.RECOMMEND)
    job = get_object_or_404(Job, pk=job_id)
    context = panel_context(
        job,
        current_rules(),
        reader=user,
        q=request.GET.get("q", ""),
        contractor=parse_id(request.GET.get("ask", "")),
        free_that_day="free_that_day" in request.GET,
    )
    may = {"may_assign": user.allows(Permission.ASSIGN), "may_promise": user.allows(Permission.PROMISE_WINDOW)}
    return render(request, "dashboard/panel.html", {**context, **may})


@for_scripts
def read_delay(request: HttpRequest) -> JsonResponse:
    """What the text of `?text=` means for the booking `?assignment=`: the expected end, or why it has no meaning."""
    _reader(request, Permission.ASSIGN)
    booking = get_object_or_404(
        Assignment.objects.select_related("job"), pk=parse_id(request.GET.get("assignment", ""))
    )
    slot, zone = booking.slot, booking.job.zone
    try:
        until = read_later(request.GET.get("text", ""), after=slot.end, zone=zone)
        check_late_until(until, slot, zone, now=timezone.now())
    except UnreadableText as refusal:
        return JsonResponse({"until": None, "text": str(refusal)})
    except InvalidInput as refusal:
        return JsonResponse({"until": None, "text": refusal.detail})
    booking.late_until = until
    return JsonResponse({"until": until.isoformat(), "text": late_sentence(booking, until - slot.end, zone)})


@never_cache
@require_safe
@login_required
def day_sheet(request: HttpRequest, contractor_id: UUID) -> HttpResponse:
    """The jobs of a contractor on `?day=`, by default today, in the contractor's time zone; made to be printed."""
    user = _reader(request, Permission.VIEW_ASSIGNMENTS)
    contractor = get_object_or_404(Contractor, pk=contractor_id)
    day = Question.of(request.GET, user).day or timezone.now().astimezone(contractor.zone).date()
    try:
        context = sheet_context(contractor, day, user, current_rules())
    except InvalidInput as error:
        raise Http404 from error
    return render(request, "dashboard/day_sheet.html", context | {"previous": day - ONE_DAY, "next": day + ONE_DAY})


@for_scripts
def map_data(request: HttpRequest) -> JsonResponse:
    """The bases and sites on the map of the board."""
    user = _reader(request)
    return JsonResponse(on_the_map(Question.of(request.GET, user), timezone.now(), user, current_rules()))


def _reader(request: HttpRequest, permission: Permission = Permission.VIEW_EVENTS) -> User:
    if not isinstance(request.user, User) or not request.user.allows(permission):
        raise PermissionDenied
    return request.user


def _part_names(text: str) -> list[str]:
    """Parse comma-separated names without duplicates. Raises InvalidInput for an unknown name."""
    names = list(dict.fromkeys(name for name in text.split(",") if name))
    if unknown := [name for name in names if name not in PARTS]:
        text = gettext("parts: “{name}” is not one of {names}.")
        raise InvalidInput.of("parts", text.format(name=unknown[0][:64], names=", ".join(PARTS)))
    return names


FiguresSerializer = inline_serializer(
    "DashboardFigures",
    {
        "open": serializers.IntegerField(),
        "urgent_open": serializers.IntegerField(),
        "assigned_today": serializers.IntegerField(),
        "in_progress": serializers.IntegerField(),
        "completed_today": serializers.IntegerField(),
        "active_contractors": serializers.IntegerField(),
        "utilisation": serializers.FloatField(
            allow_null=True, help_text=_("Booked share of today's working time, 0–1; null without working time.")
        ),
        "median_wait_seconds": serializers.IntegerField(
            allow_null=True,
            help_text=_("Median time from the creation of a job to its first assignment, over the last seven days."),
        ),
        "head": serializers.IntegerField(
            help_text=_("Sequence number of the last event. Follow the events after it to keep the figures up to date.")
        ),
        "generated_at": serializers.DateTimeField(),
    },
)


class DashboardView(KnownParameters):
    required_permissions = {"get": Permission.VIEW_EVENTS}

    @extend_schema(operation_id="dashboard", tags=["dashboard"], responses=FiguresSerializer)
    def get(self, request: Request) -> Response:
        """Get the figures of the live board. `…_today` counts since local midnight at the site of each job."""
        head, now = event_log.head(), timezone.now()
        return Response({**figures(now).as_json(), "head": head, "generated_at": now})
