"""Rankings on the wire. The serializers describe the shapes; the functions below them fill these in plain Python."""

from typing import Any

from rest_framework import serializers

from assignments.serializers import BreakdownSerializer, ReasonSerializer
from contractors.models import Contractor
from jobs.models import LONGEST_JOB, Job
from jobs.requirements import JobRequest
from jobs.serializers import JobLocationSerializer
from recommendations.explanations import MODEL, TEMPLATE
from recommendations.ranking import MOST_ENTRIES, MOST_JOBS, MOST_RESULTS
from recommendations.results import RankedCandidate, Ranking
from recommendations.why_not import Answer
from smartscheduler.accounts.visibility import visible_values
from smartscheduler.core.geo.postal_areas import check_place
from smartscheduler.core.rest.fields import (
    BoundedListField,
    HoursField,
    InstantField,
    LineTextField,
    SkillsListField,
    StrictSerializer,
    TimeSlotSerializer,
)
from smartscheduler.core.rest.openapi_examples import AUSTIN, SOME_DAY, sent_as
from smartscheduler.places import Point, time_zone_at
from smartscheduler.rules.values import LONGEST_HORIZON
from smartscheduler.timeslots import TimeSlot
from smartscheduler.travel.routes import ROAD, STRAIGHT_LINE


class HorizonSerializer(serializers.Serializer[Any]):
    horizon_days = serializers.IntegerField(min_value=0, max_value=LONGEST_HORIZON, required=False)


class RankingQuerySerializer(HorizonSerializer):
    max_results = serializers.IntegerField(min_value=1, max_value=MOST_RESULTS, default=10)


class SiteSerializer(JobLocationSerializer):
    """Only the point decides; the rest of an address may come along."""

    class Meta(JobLocationSerializer.Meta):
        extra_kwargs = {name: {"required": False} for name in ("address", "city", "state", "zip_code")}


@sent_as(
    "Who could do a bathroom in Austin?",
    {"type": "tile", "desired_date": SOME_DAY, "duration": "04:00:00", "location": AUSTIN, "max_results": 5},
)
class HypotheticalJobSerializer(StrictSerializer):
    """A job that does not exist yet."""

    type = serializers.ChoiceField(choices=Job.Type.choices)
    desired_date = InstantField()
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
        help_text=f"Of each job; jobs times results are at most {MOST_ENTRIES:,}.",
    )
    horizon_days = serializers.IntegerField(min_value=0, max_value=LONGEST_HORIZON, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        most = MOST_ENTRIES // len(attrs["jobs"])
        if attrs["max_results"] > most:
            message = f"At most {most} for {len(attrs['jobs'])} jobs: jobs times results are at most {MOST_ENTRIES:,}."
            raise serializers.ValidationError({"max_results": message})
        return attrs


def request_of(given: dict[str, Any]) -> JobRequest:
    """The validated values of a HypotheticalJobSerializer as the ranking's question. Raises InvalidInput."""
    site = given["location"]
    point = Point(float(site["latitude"]), float(site["longitude"]))
    check_place(*point, state=site.get("state", ""), zip_code=site.get("zip_code", ""))
    return JobRequest(
        type=given["type"],
        desired_date=given["desired_date"],
        point=point,
        time_zone=given["time_zone"] or time_zone_at(point),
        duration=given["duration"],
        required_skills=tuple(given["required_skills"]),
    )


class RankedContractorSerializer(serializers.ModelSerializer[Contractor]):
    rating = serializers.FloatField()

    class Meta:
        model = Contractor
        fields = [
            "id",
            "name",
            "type",
            "rating",
            "rating_count",
            "phone_number",
            "email",
            "city",
            "state",
            "skills",
        ]
        read_only_fields = fields


class ShownBreakdownSerializer(BreakdownSerializer):
    explanation_source = serializers.ChoiceField(
        choices=[TEMPLATE, MODEL],
        help_text="`template`: made from the numbers. `model`: reworded by a language model, every figure checked.",
    )


class EntrySerializer(serializers.Serializer[Any]):
    rank = serializers.IntegerField()
    contractor = RankedContractorSerializer()
    score = serializers.FloatField()
    score_breakdown = ShownBreakdownSerializer()
    available_time_slots = TimeSlotSerializer(many=True)
    suggested_time_slot = TimeSlotSerializer(
        help_text="The slot to book: the wanted time where it is free, else the one nearest to it on that day."
    )
    distance_miles = serializers.FloatField()
    travel_minutes = serializers.IntegerField()
    distance_source = serializers.ChoiceField(choices=[STRAIGHT_LINE, ROAD])
    distance_as_of = InstantField(allow_null=True, help_text="When the road distance was looked up; else null.")


class RankingSerializer(serializers.Serializer[Any]):
    """Best first. `job` is null for one that does not exist yet."""

    job = serializers.UUIDField(allow_null=True)
    job_number = serializers.CharField(allow_null=True)
    recommendations = EntrySerializer(many=True)
    candidates_considered = serializers.IntegerField(help_text="How many could be ranked, of those looked at.")
    candidates_exact = serializers.BooleanField(help_text="False where there are at least so many.")
    generated_at = InstantField()
    ranking_token = LineTextField(
        allow_null=True, help_text="To be sent along when somebody of this ranking is assigned; null without a job."
    )


class BatchSerializer(serializers.Serializer[Any]):
    results = RankingSerializer(many=True)


class AnswerSerializer(serializers.Serializer[Any]):
    """Either a rank with its score, or the rules that failed; and what would change it."""

    job = serializers.UUIDField()
    contractor = RankedContractorSerializer()
    eligible = serializers.BooleanField()
    reasons = ReasonSerializer(many=True)
    rank = serializers.IntegerField(allow_null=True, help_text="Null as well when too far down to be counted.")
    rank_at_least = serializers.IntegerField(allow_null=True, help_text="The rank, or the lowest number it can be.")
    score = serializers.FloatField(allow_null=True)
    score_breakdown = ShownBreakdownSerializer(allow_null=True)
    available_time_slots = TimeSlotSerializer(many=True)
    suggested_time_slot = TimeSlotSerializer(allow_null=True)
    suggestion = serializers.CharField()
    distance_miles = serializers.FloatField()
    travel_minutes = serializers.IntegerField()
    distance_source = serializers.ChoiceField(choices=[STRAIGHT_LINE, ROAD])
    distance_as_of = InstantField(allow_null=True, help_text="When the road distance was looked up; else null.")


# The functions below fill these shapes with plain values: a serializer for each of fifty entries costs more than
# the ranking. Ids and instants go to the renderer as they are.


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
        "eligible": answer.eligible,
        "reasons": [reason.as_json() for reason in answer.reasons],
        "rank": answer.rank,
        "rank_at_least": answer.rank_at_least,
        "score": None if answer.score is None else float(answer.score),
        "score_breakdown": answer.breakdown.as_shown() if answer.breakdown else None,
        "available_time_slots": _slots(answer.slots),
        "suggested_time_slot": _slot(answer.suggested),
        "suggestion": answer.suggestion,
        **_way(answer),
    }


def _entry(entry: RankedCandidate, reader: Any) -> dict[str, Any]:
    return {
        "rank": entry.rank,
        "contractor": _contractor(entry.contractor, reader),
        "score": float(entry.score),
        "score_breakdown": entry.breakdown.as_shown(),
        "available_time_slots": _slots(entry.slots),
        "suggested_time_slot": _slot(entry.suggested),
        **_way(entry),
    }


def _contractor(contractor: Contractor, reader: Any) -> dict[str, Any]:
    values = {name: getattr(contractor, name) for name in RankedContractorSerializer.Meta.fields}
    return visible_values(contractor._meta.label_lower, values, reader) | {"rating": float(contractor.rating)}


def _slots(slots: list[TimeSlot]) -> list[dict[str, Any]]:
    return [{"start": start, "end": end} for start, end in slots]


def _slot(slot: TimeSlot | None) -> dict[str, Any] | None:
    return None if slot is None else {"start": slot[0], "end": slot[1]}


def _way(found: RankedCandidate | Answer) -> dict[str, Any]:
    return {
        "distance_miles": round(found.route.miles, 4),
        "travel_minutes": found.route.minutes,
        "distance_source": found.route.source,
        "distance_as_of": found.route.fetched_at,
    }
