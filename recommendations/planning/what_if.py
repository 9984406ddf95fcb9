"""*What if*: one change to the scope of a plan, from which a new plan is made."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from django.utils.translation import gettext

from recommendations.planning.scope import Scope
from recommendations.planning.states import Effort, MayChange
from smartscheduler.errors import InvalidInput


def _unlock(scope: Scope, value: Any) -> Scope:
    assignment_id = UUID(value)
    return replace(scope, locks={pk: lock for pk, lock in scope.locks.items() if pk != assignment_id})


# By the name of the change: the scope with its value. A malformed value raises ValueError or TypeError.
CHANGES: Mapping[str, Callable[[Scope, Any], Scope]] = {
    "last_day": lambda scope, value: replace(scope, last_day=date.fromisoformat(value)),
    "unlock": _unlock,
    "may_change": lambda scope, value: replace(scope, may_change=MayChange(value)),
    "max_changes": lambda scope, value: replace(scope, max_changes=None if value is None else int(value)),
    "effort": lambda scope, value: replace(scope, effort=Effort(value)),
    "all_contractors": lambda scope, value: replace(scope, contractors=None, excluded={}),
}


@dataclass(frozen=True)
class WhatIf:
    """One change by name: a later `last_day`, the booking to `unlock`, what `may_change`, `max_changes`, `effort`."""

    name: str
    value: Any

    @classmethod
    def parse(cls, change: Mapping[str, Any]) -> "WhatIf":
        """The change in `{name: value}`. Raises InvalidInput unless it is exactly one that exists."""
        if len(change) != 1 or not change.keys() <= CHANGES.keys():
            message = gettext("Send exactly one change: {names}.").format(names=", ".join(sorted(CHANGES)))
            raise InvalidInput.of("change", message)
        return cls(*next(iter(change.items())))

    def as_json(self) -> dict[str, Any]:
        return {self.name: self.value}

    def applied(self, scope: Scope) -> Scope:
        """The scope with this change. Raises InvalidInput for a value that is not of its kind."""
        try:
            return CHANGES[self.name](scope, self.value)
        except (ValueError, TypeError, AttributeError) as error:
            message = gettext("“{value}” is not a value for {name}.").format(value=self.value, name=self.name)
            raise InvalidInput.of("change", message) from error
