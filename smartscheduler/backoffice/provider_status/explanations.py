"""Status page of the language model that rewords explanations: health, today's usage, rejected texts, retry."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods
from prometheus_client.core import GaugeMetricFamily, Metric
from redis import RedisError

from recommendations.explanations import MODEL
from recommendations.llm import store
from recommendations.llm.budget import spent_today
from recommendations.llm.client import BREAKER
from recommendations.llm.config import is_configured, title
from recommendations.llm.rewording import refresh_requests, uses
from recommendations.models import ModelDay, Wording
from smartscheduler.accounts.permissions import Permission
from smartscheduler.adminsite.permissions import require
from smartscheduler.backoffice.provider_status.usage import uses_by_source
from smartscheduler.core.outbound import circuit_breaker

REASONS = {
    "figures": _("contains a figure that differs from the ranking"),
    "missing": _("omits an important figure"),
    "words": _("claims more than the figures show"),
    "characters": _("contains markup, links or unusual characters"),
    "placeholders": _("omits the placeholder of the name or the day"),
    "length": _("too long or empty"),
}
LATEST = 10


@require_http_methods(["GET", "POST"])
def explanations(request: HttpRequest) -> HttpResponse:
    """GET: model, budget, and rejected texts by reason. POST: delete the stored texts, or close the circuit breaker."""
    require(request, Permission.MANAGE_SETTINGS)
    if request.method == "POST":
        _act(request)
        return redirect("words")
    context = {**admin.site.each_context(request), "title": gettext("Explanations"), "configured": is_configured()}
    if is_configured():
        context |= _standing()
    return TemplateResponse(request, "admin/backoffice/explanations.html", context)


def _act(request: HttpRequest) -> None:
    if not is_configured():
        messages.error(request, gettext("No language model is configured."))
    elif request.POST.get("act") == "forget":
        count = store.forget()
        text = ngettext(
            "{count} explanation was deleted. The next rankings request new ones.",
            "{count} explanations were deleted. The next rankings request new ones.",
            count,
        )
        messages.success(request, text.format(count=count))
    else:
        _try_again(request)


def _try_again(request: HttpRequest) -> None:
    try:
        circuit_breaker.close(BREAKER)
    except RedisError:
        text = gettext("Valkey does not respond, so the model cannot be called. Try again when Valkey is available.")
        messages.error(request, text)
    else:
        messages.success(request, gettext("{model} is called again from now on.").format(model=title()))


def _standing() -> dict[str, Any]:
    today = spent_today()
    failed = ModelDay.objects.filter(error_at__isnull=False).order_by("-day").first()
    dropped = Wording.objects.filter(text="").exclude(reason="").values_list("reason")
    return {
        "model": title(),
        "demo": settings.EXPLANATION_DEMO,
        "breaker": circuit_breaker.state(BREAKER),
        "today": today,
        "budgets": [
            (gettext("Calls today"), today.calls, settings.EXPLANATION_CALLS_A_DAY),
            (gettext("Tokens today"), today.tokens, settings.EXPLANATION_TOKENS_A_DAY),
        ],
        "failed": failed,
        "share": refresh_requests.share(MODEL),
        "stored": Wording.objects.exclude(text="").count(),
        "dropped": [(REASONS.get(reason, reason), count) for reason, count in dropped.annotate(count=Count("pk"))],
        "latest": Wording.objects.exclude(text="").order_by("-asked_at")[:LATEST],
        "first": settings.EXPLANATION_FIRST,
        "keep_days": settings.EXPLANATION_KEEP_DAYS,
    }


def figures() -> Iterator[Metric]:
    """Prometheus metrics of the language model, collected only when a model is configured."""
    today = spent_today()
    for name, what, value in (
        ("calls", "Calls of the language model today", today.calls),
        ("calls_budget", "Calls allowed per day", settings.EXPLANATION_CALLS_A_DAY),
        ("tokens", "Tokens used today", today.tokens),
        ("tokens_budget", "Tokens allowed per day", settings.EXPLANATION_TOKENS_A_DAY),
        ("failures", "Failed calls today", today.failures),
        ("open", "1 while the breaker of the language model is open", circuit_breaker.state(BREAKER) != "closed"),
    ):
        yield GaugeMetricFamily(f"smartscheduler_explanation_model_{name}", what, value=value)
    yield from uses_by_source("smartscheduler_explanations_shown", "Explanations shown", uses)
