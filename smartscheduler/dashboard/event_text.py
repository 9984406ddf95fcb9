"""Texts of domain events for people."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from smartscheduler.core.formatting import local_slot, local_time
from smartscheduler.core.text import LazyText
from smartscheduler.timeslots import TimeSlot

Data = dict[str, Any]


def sentence(kind: str, data: Data, site: ZoneInfo) -> str:
    """The sentence of an event, with times in the time zone of the site. Returns the type if it is unknown."""
    template = SENTENCES.get(kind)
    return template.format(**data, **_computed(data, site)) if template else kind


def _computed(data: Data, site: ZoneInfo) -> dict[str, str]:
    """Values of the placeholders that are not fields of the event."""
    values = {}
    if "time_slot" in data:
        values["when"] = _written(data["time_slot"], site)
    if "until" in data:
        values["late"] = _late(data["until"], site)
    if "window" in data:
        values["promised"] = _written(data["window"], site)
    if data.get("previous") and set(data["previous"]) == {"start", "end"}:
        values["former"] = _written(data["previous"], site)
    if "changed" in data:
        values["fields"] = _fields(data["changed"])
    return values


def _written(slot: Data, site: ZoneInfo) -> str:
    return local_slot(TimeSlot(*(datetime.fromisoformat(slot[edge]) for edge in ("start", "end"))), site)


def _late(until: str | None, site: ZoneInfo) -> str:
    if until is None:
        return gettext("no longer running late")
    return gettext("running late until {time}").format(time=local_time(datetime.fromisoformat(until), site))


def _fields(changed: Data) -> str:
    return ", ".join(name.replace("_", " ") for name in changed) or gettext("nothing")


# Placeholders are fields of the event, or `when`, `late`, `promised`, `former` and `fields` (see _computed).
SENTENCES: dict[str, LazyText] = {
    "CustomerCreated": _("A customer was added"),
    "CustomerMerged": _("Two records of a customer were merged; jobs moved: {jobs}"),
    "JobCreated": _("{job_number} was created: {priority} {job_type} job in {city}"),
    "JobUpdated": _("{job_number} was changed: {fields}"),
    "WindowPromised": _("The customer of {job_number} was promised an arrival: {promised}"),
    "WindowWithdrawn": _("The arrival window of {job_number} was withdrawn: {former}"),
    "WindowBroken": _("{job_number} with {contractor_name} starts outside the promised window: {when}. {reason}"),
    "JobReopened": _("{job_number} was reopened"),
    "JobAssigned": _("{job_number} was assigned to {contractor_name}: {when}"),
    "JobCancelled": _("{job_number} was canceled: {reason}"),
    "JobCompleted": _("{job_number} was completed"),
    "AssignmentConfirmed": _("{contractor_name} was confirmed for {job_number}: {when}"),
    "AssignmentStarted": _("{contractor_name} started {job_number}"),
    "AssignmentCompleted": _("{contractor_name} completed {job_number}"),
    "AssignmentRunningLate": _("{contractor_name} at {job_number}: {late}"),
    "AssignmentRescheduled": _("{job_number} with {contractor_name} was moved to {when}"),
    "AssignmentCancelled": _("The booking of {contractor_name} for {job_number} was canceled: {reason}"),
    "MessageSent": _("A message was sent to the customer of {job_number}"),
    "ContractorCreated": _("{contractor_name} was added"),
    "ContractorUpdated": _("{contractor_name} was changed: {fields}"),
    "ScheduleUpdated": _("The schedule of {contractor_name} was changed"),
    "ContractorRated": _("The rating of {contractor_name} was updated: {previous_rating:.2f} → {new_rating:.2f}"),
    "RulesPublished": _("Version {version} of the scheduling rules was published: {fields}"),
    "PlanRequested": _("{plan_number} was requested; open jobs: {jobs}"),
    "PlanProgressed": _("{plan_number} is being made: {percent}%"),
    "PlanCancelled": _("{plan_number} was canceled"),
    "PlanExpired": _("{plan_number} has expired"),
    "PlanReady": _("{plan_number} is ready; planned: {planned}, left out: {unplanned}"),
    "PlanFailed": _("{plan_number} failed: {reason}"),
    "PlanAccepted": _("{plan_number} was accepted; booked: {accepted}, stale: {stale}"),
    "PlanUndone": _("The acceptance of {plan_number} was undone; proposed again: {items}"),
    "PlanDiscarded": _("{plan_number} was discarded"),
    "RecommendationsUpdated": _("The ranking of a job was updated"),
}
