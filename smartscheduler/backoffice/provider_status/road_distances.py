"""Status page of the road distance providers: health, budget, stored estimates, lookups, retry."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import admin, messages
from django.db.models import Count, Max, Min
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods
from redis import RedisError

from recommendations.models import Lookup
from recommendations.travel.event_receiver import look_up_again
from recommendations.travel.requests import refresh_requests
from smartscheduler.accounts.permissions import Permission
from smartscheduler.adminsite.permissions import require
from smartscheduler.core.outbound import circuit_breaker
from smartscheduler.travel.budget import spent_today
from smartscheduler.travel.config import NAMES, active_providers
from smartscheduler.travel.models import ProviderDay, TravelEstimate
from smartscheduler.travel.routes import ROAD

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

MOST_LOOKUPS = 20
UNITS = {"openrouteservice": "requests"}


@dataclass(frozen=True)
class Standing:
    """State of one provider today."""

    name: str
    title: "StrOrPromise"
    breaker: str
    budget: int
    unit: str
    today: ProviderDay
    last_error: str
    last_error_at: datetime | None

    @property
    def percent(self) -> int:
        return min(100, round(100 * self.today.spent / self.budget)) if self.budget else 100


@require_http_methods(["GET", "POST"])
def roads(request: HttpRequest) -> HttpResponse:
    """GET: providers, circuit breakers, budgets, last errors. POST: repeat lookups, or close a circuit breaker."""
    require(request, Permission.MANAGE_SETTINGS)
    if request.method == "POST":
        _act(request)
        return redirect("roads")
    providers = _standings()
    context = {
        **admin.site.each_context(request),
        "title": gettext("Road distances"),
        "providers": providers,
        "keep_days": settings.TRAVEL_KEEP_DAYS,
        "leaders": settings.TRAVEL_LEADERS,
        "demo": settings.TRAVEL_DEMO,
        "stored": _stored(),
        "share": refresh_requests.share(ROAD),
        "lookups": Lookup.objects.select_related("job").order_by("-wanted_at")[:MOST_LOOKUPS],
        "counts": dict(Lookup.objects.order_by().values_list("state").annotate(count=Count("pk"))),
    }
    return TemplateResponse(request, "admin/backoffice/road_distances.html", context)


def _act(request: HttpRequest) -> None:
    provider = request.POST.get("provider", "")
    if not active_providers():
        messages.error(request, gettext("No road distance provider is configured."))
    elif not provider:
        count = look_up_again()
        text = ngettext(
            "The road distances of {count} open job in the coming week will be looked up again.",
            "The road distances of {count} open jobs in the coming week will be looked up again.",
            count,
        )
        messages.success(request, text.format(count=count))
    elif provider not in active_providers():
        messages.error(request, gettext("This provider is not configured."))
    else:
        _try_again(request, provider)


def _try_again(request: HttpRequest, provider: str) -> None:
    try:
        circuit_breaker.close(provider)
    except RedisError:
        text = gettext("Valkey does not respond, so no provider can be called. Try again when Valkey is available.")
        messages.error(request, text)
    else:
        messages.success(request, gettext("{provider} is called again from now on.").format(provider=NAMES[provider]))


def _standings() -> list[Standing]:
    today = spent_today()
    return [
        Standing(
            name=name,
            title=str(NAMES[name]),
            breaker=circuit_breaker.state(name),
            budget=settings.TRAVEL_BUDGETS[name],
            unit=UNITS.get(name, "elements"),
            today=today.get(name) or ProviderDay(provider=name),
            **_last_error(name),
        )
        for name in active_providers()
    ]


def _last_error(provider: str) -> dict[str, Any]:
    failed = ProviderDay.objects.filter(provider=provider, error_at__isnull=False).order_by("-day").first()
    return {"last_error": failed.error if failed else "", "last_error_at": failed.error_at if failed else None}


def _stored() -> list[dict[str, Any]]:
    by_source = TravelEstimate.objects.order_by().values("source")
    counted = by_source.annotate(count=Count("pk"), oldest=Min("fetched_at"), newest=Max("fetched_at"))
    return [{**row, "title": NAMES.get(row["source"], row["source"])} for row in counted.order_by("-count")]
