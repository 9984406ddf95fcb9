"""Explanations in other words for administrators: whether it works, what it costs today, and asking again."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
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
from smartscheduler.core.outbound import circuit_breaker

REASONS = {
    "figures": "a figure that is not that of the ranking",
    "missing": "a figure that matters is not said",
    "words": "words that say more than the figures",
    "characters": "markup, links or foreign letters",
    "placeholders": "the place of the name or the day is missing",
    "length": "too long, or empty",
}
LATEST = 10


@require_http_methods(["GET", "POST"])
def explanations(request: HttpRequest) -> HttpResponse:
    """GET: the model, its budget, what was dropped and why. POST: forget what is stored, or let it be tried again."""
    require(request, Permission.MANAGE_SETTINGS)
    if request.method == "POST":
        _act(request)
        return redirect("words")
    context = {**admin.site.each_context(request), "title": "Explanations", "configured": is_configured()}
    if is_configured():
        context |= _standing()
    return TemplateResponse(request, "admin/backoffice/words.html", context)


def _act(request: HttpRequest) -> None:
    if not is_configured():
        messages.error(request, "No language model is configured.")
    elif request.POST.get("act") == "forget":
        messages.success(request, f"{store.forget()} sentences are forgotten; whoever ranks wishes new ones.")
    else:
        _try_again(request)


def _try_again(request: HttpRequest) -> None:
    try:
        circuit_breaker.close(BREAKER)
    except RedisError:
        messages.error(request, "Valkey does not answer; without it the model is not asked.")
    else:
        messages.success(request, f"{title()} is asked again from now on.")


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
            ("Calls today", today.calls, settings.EXPLANATION_CALLS_A_DAY),
            ("Tokens today", today.tokens, settings.EXPLANATION_TOKENS_A_DAY),
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
    """What Prometheus is told, where a model is configured."""
    today = spent_today()
    for name, what, value in (
        ("calls", "Calls of the language model today", today.calls),
        ("calls_budget", "Calls that are allowed a day", settings.EXPLANATION_CALLS_A_DAY),
        ("tokens", "Tokens used today", today.tokens),
        ("tokens_budget", "Tokens that are allowed a day", settings.EXPLANATION_TOKENS_A_DAY),
        ("failures", "Failed questions today", today.failures),
        ("open", "1 while the breaker of the language model is open", circuit_breaker.state(BREAKER) != "closed"),
    ):
        yield GaugeMetricFamily(f"smartscheduler_explanation_model_{name}", what, value=value)
    try:
        shown = uses()
    except RedisError:
        return  # an unknown number is none at all
    family = CounterMetricFamily("smartscheduler_explanations_shown", "Explanations shown", labels=["source"])
    for source, count in shown.items():
        family.add_metric([source], count)
    yield family
