"""Domain events of the scheduling rules."""

from dataclasses import dataclass
from typing import Any

from smartscheduler.events.publishing import Event


@dataclass(frozen=True, kw_only=True)
class RulesPublished(Event):
    """A version of the scheduling rules was published.

    `changed` maps each changed field to its new value, `previous` to its old value.
    """

    version: int
    changed: dict[str, Any]
    previous: dict[str, Any]
