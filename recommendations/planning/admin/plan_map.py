"""Data of the map of a plan: the days of its contractors today and as proposed."""

from collections import defaultdict
from typing import Any

from django.utils.translation import gettext

from recommendations.planning.admin.week_board import WeekBoard
from smartscheduler.accounts.models import User
from smartscheduler.accounts.visibility import visible_values
from smartscheduler.core.formatting import short_day

TODAY = {"today", "leaves", "accepted"}
PROPOSED = {"today", "proposed", "accepted"}


def plan_map(board: WeekBoard, reader: User) -> dict[str, Any]:
    """Bases, stops and days of the contractors on the board; a day has the numbers of its stops, in their order.

    Places are blurred if `reader` must not see them.
    """
    stops: list[dict[str, Any]] = []
    days: list[dict[str, Any]] = []
    for row in board.rows:
        for day, blocks in row.cells:
            routes: dict[str, list[int]] = defaultdict(list)
            for block in blocks:
                kind = block.kind if block.kind in {"proposed", "stale"} else "today"
                lines = [f"{block.number}, {block.where}", f"{row.contractor.name}, {short_day(day)}, {block.hours}"]
                for route, kinds in (("today", TODAY), ("proposed", PROPOSED)):
                    if block.kind in kinds:
                        routes[route].append(len(stops))
                stops.append({"at": _at(block.job, reader), "lines": lines, "kind": kind, "url": block.url})
            days += [{"kind": kind, "stops": numbers} for kind, numbers in routes.items() if len(numbers) > 1]
    bases = [{"name": row.contractor.name, "at": _at(row.contractor, reader)} for row in board.rows]
    return {"bases": bases, "stops": stops, "days": days, "stale": gettext("No longer possible")}


def _at(located: Any, reader: User) -> list[float]:
    point = {"latitude": float(located.latitude), "longitude": float(located.longitude)}
    return [*visible_values(located._meta.label_lower, point, reader).values()]
