"""What can happen to the rules."""

from dataclasses import dataclass
from typing import Any

from smartscheduler.events.publishing import Event


@dataclass(frozen=True, kw_only=True)
class RulesPublished(Event):
    """`changed` maps each changed number to its new value, `previous` to the one before."""

    version: int
    changed: dict[str, Any]
    previous: dict[str, Any]
