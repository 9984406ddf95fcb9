"""Data of the map: bases of contractors and sites of jobs."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from smartscheduler.accounts.models import User
from smartscheduler.accounts.visibility import visible_values
from smartscheduler.dashboard.board import Lane, board
from smartscheduler.dashboard.open_jobs import open_jobs
from smartscheduler.dashboard.question import Question
from smartscheduler.rules.values import Rules

# Contractors on the map: the first ones of the board's order.
MOST_BASES = 500


def on_the_map(question: Question, now: datetime, reader: User, rules: Rules) -> dict[str, list[dict[str, Any]]]:
    """Bases of the contractors on the board, and sites of its bookings and of the open jobs.

    Coordinates are blurred for a `reader` without permission for exact places.
    """
    shown = board(replace(question, row=1, rows=MOST_BASES, at=None), now, rules)
    return {
        "bases": [
            {
                "id": lane.contractor.pk,
                "name": lane.contractor.name,
                "load": _load(lane),
                **_place(lane.contractor, reader),
            }
            for lane in shown.lanes
        ],
        "sites": [
            {
                "id": block.booking.job_id,
                "name": block.booking.job.job_number,
                "status": block.booking.status,
                "who": lane.contractor.name,
                "contractor": lane.contractor.pk,
                "start": block.booking.slot.start,
                **_place(block.booking.job, reader),
            }
            for lane in shown.lanes
            for block in lane.blocks
        ]
        + [
            {"id": job.pk, "name": job.job_number, "status": "open", "who": "", **_place(job, reader)}
            for job in open_jobs().jobs
        ],
    }


def _load(lane: Lane) -> int | None:
    """Booked percentage of the working time of the shown days; None without working time."""
    return round(100 * lane.booked_minutes / lane.working_minutes) if lane.working_minutes else None


def _place(located: Any, reader: User) -> dict[str, Any]:
    point = {"latitude": float(located.latitude), "longitude": float(located.longitude)}
    return {
        "at": [*visible_values(located._meta.label_lower, point, reader).values()],
        "where": f"{located.city}, {located.state}",
    }
