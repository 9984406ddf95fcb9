"""CSV file with the items of a plan."""

from collections.abc import Iterable

from recommendations.planning.models import PlanItem
from smartscheduler.accounts.models import User
from smartscheduler.accounts.visibility import hidden_fields
from smartscheduler.core.file_writer import write_csv
from smartscheduler.timeslots import TimeSlot

HEADINGS = [
    "job_number",
    "action",
    "state",
    "bundle",
    "contractor",
    "start",
    "end",
    "previous_contractor",
    "previous_start",
    "previous_end",
    "worth",
    "score",
    "rank",
    "miles_before",
    "miles_after",
    "stale_code",
]


def csv_of(items: Iterable[PlanItem], *, reader: User) -> bytes:
    """The file; fields that `reader` must not see are empty."""
    hidden = hidden_fields(PlanItem._meta.label_lower, reader).keys()
    return b"".join(write_csv(HEADINGS, (_cells(item, hidden) for item in items)))


def _cells(item: PlanItem, hidden: Iterable[str]) -> list[str]:
    values = {
        "job_number": item.job.job_number,
        "action": item.action,
        "state": item.state,
        "bundle": item.bundle,
        "contractor": item.contractor.name if item.contractor else "",
        **_ends(item.slot, "", item),
        "previous_contractor": item.previous_contractor.name if item.previous_contractor else "",
        **_ends(item.slot_so_far, "previous_", item),
        **{name: getattr(item, name) for name in HEADINGS[10:]},
    }
    return ["" if name in hidden or values[name] is None else str(values[name]) for name in HEADINGS]


def _ends(slot: TimeSlot | None, prefix: str, item: PlanItem) -> dict[str, str]:
    """Start and end in local time of the site, with the offset."""
    edges = ("", "") if slot is None else (edge.astimezone(item.job.zone).isoformat() for edge in (slot[0], slot[1]))
    return dict(zip((f"{prefix}start", f"{prefix}end"), edges, strict=True))
