"""JSON of rankings: serializers that describe the shapes for OpenAPI, and functions that build the values."""

from datetime import datetime
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from assignments.serializers import BreakdownSerializer, ReasonSerializer
from contractors.models import Contractor
from jobs.models import LONGEST_JOB, Job
from jobs.requirements import JobRequest
from jobs.serializers import DESIRED_DATE_HELP, JobLocationSerializer
from recommendations.explanations import MODEL, TEMPLATE
from recommendations.ranking import MOST_ENTRIES, MOST_JOBS, MOST_RESULTS, MOST_WINDOWS
from recommendations.results import RankedCandidate, Ranking
from recommendations.why_not import Answer
from smartscheduler.accounts.visibility import visible_values
from smartscheduler.core.entry.phone_numbers import e164
from smartscheduler.core.geo.postal_areas import check_place
from smartscheduler.core.rest.fields import (
    BoundedListField,
    E164Field,
    HoursField,
    InstantField,
    InstantOrDayField,
    LineTextField,
    SkillsListField,
    StrictSerializer,
    TimeSlotSerializer,
)
from smartscheduler.core.rest.openapi_examples import AUSTIN, SOME_DAY, sent_as
from smartscheduler.places import Point, time_zone_at, zone
from smartscheduler.rules.values import LONGEST_HORIZON
from smartscheduler.timeslots import TimeSlot, noon_of
from smartscheduler.travel.routes import ROAD, STRAIGHT_LINE

SUMMARY_HELP = _(
    "A sentence for people: when the contractor is free, with any difference from the desired date, how far away, and "
    "the rating."
)
PREFERRED_HELP = _("Whether the customer of the job prefers this contractor. This decides between equal scores.")
AS_OF_HELP = _("When the road distance was fetched; null for a straight line.")


class HorizonSerializer(serializers.Serializer[Any]):
    horizon_days = serializers.IntegerField(min_value=0, max_value=LONGEST_HORIZON, required=False)


class RankingQuerySerializer(HorizonSerializer):
    max_results = serializers.IntegerField(min_value=1, max_value=MOST_RESULTS, default=10)
    windows = serializers.IntegerField(
        min_value=0,
        max_value=MOST_WINDOWS,
        default=0,
        help_text=_("Number of arrival windows to offer for each candidate, as `arrival_windows`."),
    )


class SiteSerializer(JobLocationSerializer):
    """The site. Only the coordinates are required; the address is optional."""

    class Meta(JobLocationSerializer.Meta):
        extra_kwargs = {name: {"required": False} for name in ("address", "city", "state", "zip_code")}


@sent_as(
    "Contractors for a bathroom in Austin",
    {"type": "tile", "desired_date": SOME_DAY, "duration": "04:00:00", "location": AUSTIN, "max_results": 5},
)
class HypotheticalJobSerializer(StrictSerializer):
    """A job that does not exist yet."""

    type = serializers.ChoiceField(choices=Job.Type.choices)
    desired_date = InstantOrDayField(help_text=DESIRED_DATE_HELP)
    location = SiteSerializer()
    time_zone = LineTextField(
        max_length=64, allow_blank=True, default="", validators=Job._meta.get_field("time_zone").validators[:1]
    )
    duration = HoursField(validators=Job._meta.get_field("duration").validators[:1], max_value=LONGEST_JOB)
    required_skills = SkillsListField(default=list)
    max_results = serializers.IntegerField(min_value=1, max_value=MOST_RESULTS, required=False)
    horizon_days = serializers.IntegerField(min_value=0, max_value=LONGEST_HORIZON, required=False)


class ManyJobsSerializer(StrictSerializer):
    """Jobs to rank for, by their ids."""

    jobs = BoundedListField(child=serializers.UUIDField(), min_length=1, max_length=MOST_JOBS)
    max_results = serializers.IntegerField(
        min_value=1,
        max_value=MOST_RESULTS,
        default=10,
        help_text=format_lazy(
            _("Results per job. Jobs times results must not exceed {limit}."), limit=f"{MOST_ENTRIES:,}"
        ),
    )
    horizon_days = serializers.IntegerField(min_value=0, max_value=LONGEST_HORIZON, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        most = MOST_ENTRIES // len(attrs["jobs"])
        if attrs["max_results"] > most:
            message = gettext("Enter at most {most} for {jobs} jobs: jobs times results must not exceed {limit}.")
            values = {"most": most, "jobs": len(attrs["jobs"]), "limit": f"{MOST_ENTRIES:,}"}
            raise serializers.ValidationError({"max_results": message.format(**values)})
        return attrs


def request_of(payload: dict[str, Any]) -> JobRequest:
    """The job request of validated values of a HypotheticalJobSerializer. Raises InvalidInput."""
    site = payload["location"]
    point = Point(float(site["latitude"]), float(site["longitude"]))
    check_place(*point, state=site.get("state", ""), zip_code=site.get("zip_code", ""))
    time_zone = payload["time_zone"] or time_zone_at(point)
    desired = payload["desired_date"]
    return JobRequest(
        type=payload["type"],
        desired_date=desired if isinstance(desired, datetime) else noon_of(desired, zone(time_zone)),
        point=point,
        time_zone=time_zone,
        duration=payload["duration"],
        required_skills=tuple(payload["required_skills"]),
    )


class RankedContractorSerializer(serializers.ModelSerializer[Contractor]):
    rating = serializers.FloatField()
    phone_e164 = E164Field(source="phone_number")

    class Meta:
        model = Contractor
        fields = [
            "id",
            "name",
            "type",
            "rating",
            "rating_count",
            "phone_number",
            "phone_e164",
            "email",
            "city",
            "state",
            "skills",
        ]
        read_only_fields = fields


class ShownBreakdownSerializer(BreakdownSerializer):
    explanation_source = serializers.ChoiceField(
        choices=[TEMPLATE, MODEL],
        help_text=_(
            "`template`: made from the numbers. `model`: reworded by a language model; every figure was checked."
        ),
    )


class EntrySerializer(serializers.Serializer[Any]):
    rank = serializers.IntegerField()
    contractor = RankedContractorSerializer()
    preferred = serializers.BooleanField(help_text=PREFERRED_HELP)
    summary = serializers.CharField(help_text=SUMMARY_HELP)
    score = serializers.FloatField()
    score_breakdown = ShownBreakdownSerializer()
    available_time_slots = TimeSlotSerializer(many=True)
    suggested_time_slot = TimeSlotSerializer(
        help_text=_("The slot to book: the desired time if it is free, else the nearest one on the first free day.")
    )
    arrival_windows = TimeSlotSerializer(
        many=True,
        help_text=_(
            "Windows of 2 hours on the first free day that can be promised to the customer: the contractor can start "
            "at any time in them. Empty without `windows`, and for a job that has a window."
        ),
    )
    distance_miles = serializers.FloatField()
    travel_minutes = serializers.IntegerField()
    distance_source = serializers.ChoiceField(choices=[STRAIGHT_LINE, ROAD])
    distance_as_of = InstantField(allow_null=True, help_text=AS_OF_HELP)


class RankingSerializer(serializers.Serializer[Any]):
    """A ranking, best candidate first. `job` is null for a job that does not exist yet."""

    job = serializers.UUIDField(allow_null=True)
    job_number = serializers.CharField(allow_null=True)
    recommendations = EntrySerializer(many=True)
    candidates_considered = serializers.IntegerField(help_text=_("Number of candidates that the search has met."))
    candidates_exact = serializers.BooleanField(help_text=_("False if there may be more candidates."))
    generated_at = InstantField()
    ranking_token = LineTextField(
        allow_null=True,
        help_text=_("Send it with an assignment to make sure that the ranking is still current. Null without a job."),
    )


class BatchSerializer(serializers.Serializer[Any]):
    results = RankingSerializer(many=True)


class AnswerSerializer(serializers.Serializer[Any]):
    """The rank and score of a contractor, or the requirements that failed; and what would change it."""

    job = serializers.UUIDField()
    contractor = RankedContractorSerializer()
    preferred = serializers.BooleanField(help_text=PREFERRED_HELP)
    eligible = serializers.BooleanField()
    reasons = ReasonSerializer(many=True)
    rank = serializers.IntegerField(
        allow_null=True, help_text=_("Null if the contractor is not eligible, or ranks too low to be counted.")
    )
    rank_at_least = serializers.IntegerField(
        allow_null=True, help_text=_("The rank, or the best rank that is possible if `rank` is null.")
    )
    summary = serializers.CharField(help_text=format_lazy(_("{summary} Empty if not eligible."), summary=SUMMARY_HELP))
    score = serializers.FloatField(allow_null=True)
    score_breakdown = ShownBreakdownSerializer(allow_null=True)
    available_time_slots = TimeSlotSerializer(many=True)
    suggested_time_slot = TimeSlotSerializer(allow_null=True)
    suggestion = serializers.CharField()
    distance_miles = serializers.FloatField()
    travel_minutes = serializers.IntegerField()
    distance_source = serializers.ChoiceField(choices=[STRAIGHT_LINE, ROAD])
    distance_as_of = InstantField(allow_null=True, help_text=AS_OF_HELP)


# The functions below build these shapes as plain values: fifty serializers cost more time than the ranking itself.
# The renderer converts ids and instants.


def ranking_as_json(ranking: Ranking, job: Job | None, *, reader: Any) -> dict[str, Any]:
    return {
        "job": job.pk if job else None,
        "job_number": job.job_number if job else None,
        "recommendations": [_entry(entry, reader) for entry in ranking.entries],
        "candidates_considered": ranking.candidates_considered,
        "candidates_exact": ranking.candidates_exact,
        "generated_at": ranking.generated_at,
        "ranking_token": None,
    }


def answer_as_json(answer: Answer, job: Job, contractor: Contractor, *, reader: Any) -> dict[str, Any]:
    return {
        "job": job.pk,
        "contractor": _contractor(contractor, reader),
        "preferred": answer.preferred,
        "eligible": answer.eligible,
        "reasons": [reason.as_json() for reason in answer.reasons],
        "rank": answer.rank,
        "rank_at_least": answer.rank_at_least,
        "summary": answer.summary,
        "score": None if answer.score is None else float(answer.score),
        "score_breakdown": answer.breakdown.as_shown() if answer.breakdown else None,
        "available_time_slots": _slots(answer.slots),
        "suggested_time_slot": _slot(answer.suggested),
        "suggestion": answer.suggestion,
        **_route(answer),
    }


def _entry(entry: RankedCandidate, reader: Any) -> dict[str, Any]:
    return {
        "rank": entry.rank,
        "contractor": _contractor(entry.contractor, reader),
        "preferred": entry.preferred,
        "summary": entry.summary,
        "score": float(entry.score),
        "score_breakdown": entry.breakdown.as_shown(),
        "available_time_slots": _slots(entry.slots),
        "suggested_time_slot": _slot(entry.suggested),
        "arrival_windows": _slots(entry.windows),
        **_route(entry),
    }


def _contractor(contractor: Contractor, reader: Any) -> dict[str, Any]:
    stored = [name for name in RankedContractorSerializer.Meta.fields if name != "phone_e164"]
    values = {name: getattr(contractor, name) for name in stored} | {"phone_e164": e164(contractor.phone_number)}
    return visible_values(contractor._meta.label_lower, values, reader) | {"rating": float(contractor.rating)}


def _slots(slots: list[TimeSlot]) -> list[dict[str, Any]]:
    return [{"start": start, "end": end} for start, end in slots]


def _slot(slot: TimeSlot | None) -> dict[str, Any] | None:
    return None if slot is None else {"start": slot[0], "end": slot[1]}


def _route(result: RankedCandidate | Answer) -> dict[str, Any]:
    route = result.route
    return {
        "distance_miles": round(route.miles, 4),
        "travel_minutes": route.minutes,
        "distance_source": route.source,
        "distance_as_of": route.fetched_at,
    }
