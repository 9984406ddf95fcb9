"""JSON of plans: the request for a plan, the plan with its progress, its items, misses and comparison."""

from typing import Any

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from assignments.serializers import StoredBreakdownField
from jobs.models import Job
from recommendations.planning.job_choice import EVERYWHERE, Area, filtered_jobs, ids_in, open_ids
from recommendations.planning.models import Plan, PlanItem, PlanMiss
from recommendations.planning.reasons import what_ifs
from recommendations.planning.scope import MOST_HOURS, MOST_SEED, Scope
from recommendations.planning.services import place_in_queue
from recommendations.planning.states import Effort, Lock, MayChange
from smartscheduler.accounts.visibility import hidden_fields, name_of, visible_values
from smartscheduler.accounts.visibility_rest import VisibleFieldsSerializer
from smartscheduler.core.rest.fields import (
    BoundedListField,
    ClockField,
    DayField,
    IdField,
    InstantField,
    NotesTextField,
    StrictSerializer,
    TimeSlotSerializer,
    ZipCodeField,
)
from smartscheduler.core.rest.openapi_examples import sent_as
from smartscheduler.places import Point

# Ids in one request; the settings limit the jobs and locks of a plan further.
MOST_JOBS = MOST_CONTRACTORS = MOST_LOCKS = 20_000
WORTH_HELP = _("In ten-thousandths.")
# The parts of an item's worth that say nothing of places.
PLACELESS_PARTS = frozenset({"priority", "disruption"})


class PlanSerializer(VisibleFieldsSerializer):
    """A plan and the progress of its run."""

    requested_by = serializers.SerializerMethodField(
        help_text=_("Email address of the user, or the name for readers who must not see addresses.")
    )
    rules_version = serializers.IntegerField(source="rules_id", allow_null=True)
    worth = serializers.IntegerField(allow_null=True, help_text=WORTH_HELP)
    bound = serializers.IntegerField(
        allow_null=True, help_text=_("No plan can be worth more, in ten-thousandths. Null if that is not known.")
    )
    gap_percent = serializers.FloatField(
        allow_null=True, help_text=_("How much better another plan could be at most, in percent of the worth.")
    )
    progress = serializers.JSONField(help_text=_("The best plan so far, while the run goes on."))
    counts = serializers.JSONField(help_text=_("What the plan has read: jobs, contractors and bookings."))
    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.DateTimeField: InstantField,
    }

    class Meta:
        model = Plan
        fields = [
            "id",
            "number",
            "kind",
            "state",
            "parent",
            "first_day",
            "last_day",
            "may_change",
            "effort",
            "seed",
            "engine",
            "engine_version",
            "rules_version",
            "requested_by",
            "event_head",
            "started_at",
            "finished_at",
            "expires_at",
            "accepted_at",
            "percent",
            "progress",
            "failure",
            "worth",
            "bound",
            "gap_percent",
            "proven",
            "limit_reached",
            "counts",
            "created_at",
            "updated_at",
            "version",
        ]
        read_only_fields = fields

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_requested_by(self, plan: Plan) -> str | None:
        return name_of(plan.requested_by, self.reader)


class PlanDetailSerializer(PlanSerializer):
    """A plan with its scope."""

    scope = serializers.JSONField(help_text=_("The scope with all ids, as it was frozen when the plan was requested."))
    conflicts = serializers.JSONField(
        help_text=_("Bookings that stay although they break rules by now, each with the rules.")
    )
    place_in_queue = serializers.SerializerMethodField(
        help_text=_("1 for the next plan that starts; null for a plan that doesn't wait.")
    )

    class Meta(PlanSerializer.Meta):
        fields = [*PlanSerializer.Meta.fields, "scope", "conflicts", "place_in_queue"]
        read_only_fields = fields

    @extend_schema_field(serializers.IntegerField(allow_null=True))
    def get_place_in_queue(self, plan: Plan) -> int | None:
        return place_in_queue(plan) or None


class WorthPartsSerializer(serializers.Serializer[Any]):
    """Parts of the worth of an item, in ten-thousandths; their sum is its `worth`. Costs are negative."""

    priority = serializers.IntegerField()
    score = serializers.IntegerField(allow_null=True)
    travel = serializers.IntegerField(allow_null=True)
    fairness = serializers.IntegerField(allow_null=True)
    disruption = serializers.IntegerField()


class PlanItemSerializer(VisibleFieldsSerializer):
    """One change that a plan proposes, or a booking that it keeps."""

    job_number = serializers.CharField(source="job.job_number")
    contractor_name = serializers.CharField(source="contractor.name", allow_null=True, default=None)
    time_slot = TimeSlotSerializer(source="slot", allow_null=True)
    previous_contractor_name = serializers.CharField(source="previous_contractor.name", allow_null=True, default=None)
    previous_time_slot = TimeSlotSerializer(source="slot_so_far", allow_null=True)
    bundle = serializers.IntegerField(help_text=_("Items with the same number are accepted together or not at all."))
    worth = serializers.IntegerField(help_text=WORTH_HELP)
    parts = serializers.SerializerMethodField()
    score = serializers.FloatField(allow_null=True)
    score_breakdown = StoredBreakdownField()
    miles_before = serializers.FloatField(
        allow_null=True, help_text=_("Miles between the sites of the contractor's day without the plan.")
    )
    miles_after = serializers.FloatField(allow_null=True, help_text=_("The same with the plan."))
    suggestion = serializers.JSONField(
        allow_null=True, help_text=_("For a stale item: the nearest booking that is possible now, if there is one.")
    )

    class Meta:
        model = PlanItem
        fields = [
            "id",
            "position",
            "action",
            "state",
            "bundle",
            "job",
            "job_number",
            "contractor",
            "contractor_name",
            "time_slot",
            "previous_assignment",
            "previous_contractor",
            "previous_contractor_name",
            "previous_time_slot",
            "worth",
            "parts",
            "score",
            "score_breakdown",
            "rank",
            "candidates_considered",
            "candidates_exact",
            "miles_before",
            "miles_after",
            "stale_code",
            "stale_reason",
            "suggestion",
            "assignment",
        ]
        read_only_fields = fields

    @extend_schema_field(WorthPartsSerializer)
    def get_parts(self, item: PlanItem) -> dict[str, int | None]:
        if hidden_fields(item._meta.label_lower, self.reader):
            return {name: value if name in PLACELESS_PARTS else None for name, value in item.parts().items()}
        return dict(item.parts())


class WhatIfSerializer(serializers.Serializer[Any]):
    """One thing that a new plan would do differently."""

    text = serializers.CharField()
    change = serializers.JSONField()


class PlanMissSerializer(VisibleFieldsSerializer):
    """A job that a plan leaves out, with the primary reason."""

    job_number = serializers.CharField(source="job.job_number")
    numbers = serializers.JSONField(help_text=_("The figures of the sentence."))
    what_ifs = serializers.SerializerMethodField(
        help_text=_("Changes with which the job may be planned; send the `change` of one of them to `replan`.")
    )

    class Meta:
        model = PlanMiss
        fields = ["position", "job", "job_number", "code", "sentence", "numbers", "what_ifs"]
        read_only_fields = fields

    @extend_schema_field(WhatIfSerializer(many=True))
    def get_what_ifs(self, miss: PlanMiss) -> list[dict[str, Any]]:
        # The changes tell the figures of the sentence.
        if "numbers" in hidden_fields(miss._meta.label_lower, self.reader):
            return []
        return [{"text": text, "change": change.as_json()} for text, change in what_ifs(miss)]


class JobFilterSerializer(StrictSerializer):
    """Filters of the job list, as in `GET jobs/`. Only open jobs are planned."""

    type = BoundedListField(child=serializers.ChoiceField(choices=Job.Type.choices), max_length=3, required=False)
    priority = BoundedListField(
        child=serializers.ChoiceField(choices=Job.Priority.choices), max_length=4, required=False
    )
    date_from = DayField(required=False)
    date_to = DayField(required=False)


class AreaSerializer(StrictSerializer):
    """A ZIP code, at most 20 of them, or coordinates, with a distance; or a list of ZIP codes alone."""

    zip_code = ZipCodeField(max_length=5, required=False)
    latitude = serializers.FloatField(min_value=-90, max_value=90, required=False)
    longitude = serializers.FloatField(min_value=-180, max_value=180, required=False)
    miles = serializers.FloatField(min_value=0.1, max_value=1000, required=False)
    zip_codes = BoundedListField(child=ZipCodeField(max_length=5), min_length=1, max_length=1000, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        ways = [{"zip_codes"}, {"zip_codes", "miles"}, {"zip_code", "miles"}, {"latitude", "longitude", "miles"}]
        if attrs.keys() not in ways:
            message = gettext(
                "Send `zip_code`, or `latitude` and `longitude`, with `miles`; or `zip_codes`, with or without `miles`."
            )
            raise serializers.ValidationError(message)
        return attrs


class ExclusionSerializer(StrictSerializer):
    """A contractor who is left out of a plan, with the reason."""

    contractor = IdField()
    reason = NotesTextField(max_length=500)


class LastDaySerializer(StrictSerializer):
    """The last day on which a job may start, at the site."""

    job = IdField()
    day = DayField()


class StartHoursSerializer(StrictSerializer):
    """The time of day in which a job may start, at the site, on each day."""

    job = IdField()
    earliest = ClockField()
    latest = ClockField()


class LockSerializer(StrictSerializer):
    """The part of a booking that the plan must not change."""

    assignment = IdField()
    lock = serializers.ChoiceField(choices=Lock.choices)


@sent_as(
    "Urgent and high jobs around a ZIP code",
    {
        "filter": {"priority": ["urgent", "high"]},
        "area": {"zip_code": "78701", "miles": 25},
        "first_day": "2030-03-04",
        "last_day": "2030-03-08",
    },
)
class PlanRequestSerializer(StrictSerializer):
    """The scope of a new plan: `jobs` or `filter`, days, and what may change."""

    jobs = BoundedListField(
        child=IdField(), min_length=1, max_length=MOST_JOBS, required=False, help_text=_("Ids of open jobs.")
    )
    filter = JobFilterSerializer(required=False)
    area = AreaSerializer(required=False, help_text=_("Narrows the jobs, not the contractors."))
    first_day = DayField(help_text=_("First day at the site."))
    last_day = DayField(help_text=_("Last day at the site, at most 31 days from the first one."))
    contractors = BoundedListField(
        child=IdField(),
        min_length=1,
        max_length=MOST_CONTRACTORS,
        required=False,
        help_text=_("Only these contractors. Without it, all who meet the requirements of one of the jobs."),
    )
    excluded = BoundedListField(child=ExclusionSerializer(), max_length=MOST_CONTRACTORS, default=list)
    may_change = serializers.ChoiceField(choices=MayChange.choices, default=MayChange.OPEN_JOBS)
    locks = BoundedListField(child=LockSerializer(), max_length=MOST_LOCKS, default=list)
    last_days = BoundedListField(
        child=LastDaySerializer(),
        max_length=MOST_JOBS,
        default=list,
        help_text=_("Jobs whose last day is earlier than that of the plan."),
    )
    start_hours = BoundedListField(
        child=StartHoursSerializer(),
        max_length=MOST_JOBS,
        default=list,
        help_text=_("Jobs that may start at some hours of a day only, for example before noon."),
    )
    max_changes = serializers.IntegerField(
        min_value=0,
        max_value=MOST_SEED,
        allow_null=True,
        default=None,
        help_text=_("At most so many bookings move. Null: no limit."),
    )
    lead_hours = serializers.IntegerField(
        min_value=0, max_value=MOST_HOURS, default=2, help_text=_("Nothing is proposed within this time from now.")
    )
    freeze_hours = serializers.IntegerField(
        min_value=0,
        max_value=MOST_HOURS,
        default=24,
        help_text=_("Bookings that start within this time do not change."),
    )
    effort = serializers.ChoiceField(choices=Effort.choices, default=Effort.NORMAL)
    seed = serializers.IntegerField(
        min_value=0,
        max_value=MOST_SEED,
        required=False,
        help_text=_("The same seed gives the same plan for the same data. Chosen at random by default."),
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("jobs" in attrs) == ("filter" in attrs):
            raise serializers.ValidationError({"jobs": gettext("Send either `jobs` or `filter`.")})
        return attrs


@sent_as("All changes", {})
class AcceptSerializer(StrictSerializer):
    """Items to accept, with their bundles. Without `items`, all that are proposed."""

    items = BoundedListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1),
        min_length=1,
        max_length=MOST_JOBS,
        required=False,
    )
    all_or_nothing = serializers.BooleanField(
        default=False, help_text=_("Accept nothing if an item is stale: the request then fails with `plan-stale`.")
    )


class StaleItemSerializer(serializers.Serializer[Any]):
    """An item that could not be accepted."""

    item = serializers.IntegerField()
    job = serializers.UUIDField()
    job_number = serializers.CharField()
    code = serializers.CharField()
    message = serializers.CharField()
    suggestion = serializers.JSONField(allow_null=True)


class AcceptanceSerializer(serializers.Serializer[Any]):
    """What became of the items: the ids of `accepted` ones, and the `stale` ones with the reasons."""

    plan = PlanDetailSerializer()
    accepted = serializers.ListField(child=serializers.IntegerField())
    stale = StaleItemSerializer(many=True)


class FiguresSerializer(serializers.Serializer[Any]):
    """Figures of one way to book the jobs. Null: not known."""

    planned = serializers.IntegerField(allow_null=True)
    unplanned = serializers.IntegerField(allow_null=True)
    urgent_unplanned = serializers.IntegerField(allow_null=True)
    mean_score = serializers.FloatField(allow_null=True)
    days_late = serializers.FloatField(allow_null=True)
    miles = serializers.FloatField(allow_null=True)
    busiest_hours = serializers.FloatField(allow_null=True)
    idlest_hours = serializers.FloatField(allow_null=True)
    customers_moved = serializers.IntegerField(allow_null=True)


class ComparisonSerializer(serializers.Serializer[Any]):
    """The bookings as they are, those that each job alone would get, and the plan."""

    today = FiguresSerializer()
    by_hand = FiguresSerializer()
    plan = FiguresSerializer()


class ChangeSerializer(StrictSerializer):
    """Exactly one thing to do differently."""

    last_day = DayField(required=False)
    unlock = IdField(required=False)
    may_change = serializers.ChoiceField(choices=MayChange.choices, required=False)
    max_changes = serializers.IntegerField(min_value=0, max_value=MOST_SEED, allow_null=True, required=False)
    effort = serializers.ChoiceField(choices=Effort.choices, required=False)
    all_contractors = serializers.BooleanField(required=False)


class ReplanSerializer(StrictSerializer):
    """A new plan for the rest. `change` is one of the changes that a job left out offers (`what_ifs`)."""

    change = ChangeSerializer(required=False)


def scope_of(payload: dict[str, Any]) -> Scope:
    """The scope of validated values of a PlanRequestSerializer. Raises InvalidInput."""
    area = _area_of(payload.get("area"))
    if by_filter := "filter" in payload:
        jobs = open_ids(filtered_jobs(payload["filter"]), area)
    else:
        jobs = ids_in(payload["jobs"], area)
    names = ("first_day", "last_day", "may_change", "max_changes", "lead_hours", "freeze_hours", "effort")
    return Scope(
        jobs=jobs,
        chosen_by_filter=by_filter or area is not EVERYWHERE,
        contractors=payload.get("contractors"),
        excluded={each["contractor"]: each["reason"] for each in payload["excluded"]},
        locks={each["assignment"]: each["lock"] for each in payload["locks"]},
        last_days={each["job"]: each["day"] for each in payload["last_days"]},
        start_hours={each["job"]: (each["earliest"], each["latest"]) for each in payload["start_hours"]},
        seed=payload.get("seed"),
        **{name: payload[name] for name in names},
    )


def _area_of(payload: dict[str, Any] | None) -> Area:
    if payload is None:
        return EVERYWHERE
    if "zip_codes" in payload and "miles" in payload:
        zip_codes = dict.fromkeys(payload["zip_codes"])
        return Area.around_zip_codes(zip_codes, payload["miles"], field="area.zip_codes")
    if "zip_codes" in payload:
        return Area(zip_codes=frozenset(payload["zip_codes"]))
    if "zip_code" in payload:
        return Area.around_zip_codes([payload["zip_code"]], payload["miles"], field="area.zip_code")
    return Area(centers=(Point(payload["latitude"], payload["longitude"]),), miles=payload["miles"])


def comparison_as_json(plan: Plan, *, reader: Any) -> dict[str, Any]:
    """The three columns of figures; null for a figure that is not known, or that the reader must not see."""
    names = FiguresSerializer().fields
    figures = visible_values(plan._meta.label_lower, {"figures": plan.figures}, reader)["figures"]
    return {
        column: {name: (figures.get(column) or {}).get(name) for name in names}
        for column in ("today", "by_hand", "plan")
    }


def stale_as_json(item: PlanItem, *, reader: Any) -> dict[str, Any]:
    values = {"stale_reason": item.stale_reason, "suggestion": item.suggestion}
    shown = visible_values(item._meta.label_lower, values, reader)
    return {
        "item": item.pk,
        "job": item.job_id,
        "job_number": item.job.job_number,
        "code": item.stale_code,
        "message": shown["stale_reason"],
        "suggestion": shown["suggestion"],
    }
