"""API views of rankings."""

import math
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from contractors.models import Contractor
from jobs.models import Job
from jobs.requirements import JobRequest
from recommendations.ranking import rank_all, rank_candidates
from recommendations.ranking_tokens import answer_with_token
from recommendations.serializers import (
    AnswerSerializer,
    BatchSerializer,
    HorizonSerializer,
    HypotheticalJobSerializer,
    ManyJobsSerializer,
    RankingQuerySerializer,
    RankingSerializer,
    answer_as_json,
    ranking_as_json,
    request_of,
)
from recommendations.why_not import why_not
from smartscheduler.accounts.permissions import Permission
from smartscheduler.core.db.transactions import snapshot
from smartscheduler.core.http.rate_limits import charge
from smartscheduler.core.rest.views import ReadsBody
from smartscheduler.errors import InvalidInput
from smartscheduler.rules.current import current_rules
from smartscheduler.rules.values import Rules
from smartscheduler.timeslots import is_past

# One unit of the rate limit pays for this many results × days.
UNIT = 1_000


def charge_rankings(
    request: Request, rules: Rules, *, jobs: int, max_results: int, horizon_days: int | None = None
) -> None:
    """Charge the account's rate limit for rankings that cost more than one unit. Raises Throttled."""
    days = 1 + (rules.horizon_days if horizon_days is None else horizon_days)
    charge(request, math.ceil(jobs * max_results * days / UNIT) - 1)


class JobRecommendationsView(ReadsBody):
    query_serializer = RankingQuerySerializer
    required_permissions = {"get": Permission.RECOMMEND}

    @extend_schema(
        parameters=[RankingQuerySerializer], responses=RankingSerializer, operation_id="jobs_recommendations_list"
    )
    def get(self, request: Request, pk: UUID) -> Response:
        """Rank the contractors for a job, with explanations and free slots."""
        limits, rules = self.query(), current_rules()
        windows = limits.pop("windows")
        charge_rankings(request, rules, jobs=1, **limits)
        with snapshot():
            job = get_object_or_404(Job, pk=pk)
            ranking = rank_candidates(JobRequest.of(job), rules, windows=windows, **limits)
        return Response(answer_with_token(ranking, job, reader=request.user, **limits))


class JobRecommendationView(ReadsBody):
    query_serializer = HorizonSerializer
    required_permissions = {"get": Permission.RECOMMEND}

    @extend_schema(parameters=[HorizonSerializer], responses=AnswerSerializer)
    def get(self, request: Request, pk: UUID, contractor_id: UUID) -> Response:
        """Explain the rank of a contractor for a job.

        For a contractor who is not in the ranking, it has the reasons why not.
        """
        limits = self.query()
        with snapshot():
            job = get_object_or_404(Job, pk=pk)
            contractor = get_object_or_404(Contractor, pk=contractor_id)
            answer = why_not(JobRequest.of(job), contractor, current_rules(), **limits)
        return Response(answer_as_json(answer, job, contractor, reader=request.user))


class RecommendationsView(ReadsBody):
    query_serializer = RankingQuerySerializer
    required_permissions = {"post": Permission.RECOMMEND}

    @extend_schema(
        request=HypotheticalJobSerializer, responses=RankingSerializer, operation_id="recommendations_create"
    )
    def post(self, request: Request) -> Response:
        """Rank the contractors for a job that does not exist yet. Nothing is stored."""
        payload = self.body(HypotheticalJobSerializer)
        job = request_of(payload)
        if is_past(job.desired_date, job.zone, now=timezone.now()):
            raise InvalidInput.of("desired_date", gettext("The desired date must not be in the past."))
        limits: dict[str, Any] = {
            **self.query(),
            **{name: payload[name] for name in ("max_results", "horizon_days") if name in payload},
        }
        rules, windows = current_rules(), limits.pop("windows")
        charge_rankings(request, rules, jobs=1, **limits)
        ranking = rank_candidates(job, rules, windows=windows, **limits)
        return Response(ranking_as_json(ranking, None, reader=request.user))


class BatchRecommendationsView(ReadsBody):
    required_permissions = {"post": Permission.RECOMMEND}

    @extend_schema(request=ManyJobsSerializer, responses=BatchSerializer, operation_id="recommendations_batch")
    def post(self, request: Request) -> Response:
        """Rank the contractors for many jobs at one point in time. Results have the order of `jobs`."""
        limits = self.body(ManyJobsSerializer)
        ids, rules = limits.pop("jobs"), current_rules()
        charge_rankings(request, rules, jobs=len(ids), **limits)
        with snapshot():
            jobs_by_id = Job.objects.in_bulk(ids)
            if missing := [place for place, pk in enumerate(ids) if pk not in jobs_by_id]:
                message = gettext("There is no job with this id.")
                raise InvalidInput(message, errors={f"jobs.{place}": [message] for place in missing})
            jobs = [jobs_by_id[pk] for pk in ids]
            rankings = rank_all([JobRequest.of(job) for job in jobs], rules, **limits)
        return Response(
            {
                "results": [
                    answer_with_token(ranking, job, reader=request.user, **limits)
                    for ranking, job in zip(rankings, jobs, strict=True)
                ]
            }
        )
