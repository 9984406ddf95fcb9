"""Everything that changes the rules."""

from typing import Any

from django.db import connection
from django.utils import timezone

from smartscheduler.accounts.models import User
from smartscheduler.core.db.transactions import domain_transaction
from smartscheduler.core.json_values import as_json
from smartscheduler.errors import InvalidInput, RulesChanged
from smartscheduler.events.publishing import publish
from smartscheduler.rules.current import current_rules
from smartscheduler.rules.events import RulesPublished
from smartscheduler.rules.models import RulesVersion
from smartscheduler.rules.values import FIELDS, Rules

# Any number, as long as nothing else in the database locks the same one.
PUBLISHING_LOCK = 0x5353_5255_4C


@domain_transaction
def publish_rules(*, based_on: int | None, actor: User | None, note: str = "", **numbers: Any) -> RulesVersion:
    """A new version of the rules, in force from the commit on; bookings already made stay as they are.

    `numbers` are the fields of a version, `based_on` the version that they were changed from (None: the settings).
    Raises InvalidInput (by field; also when nothing changed), RulesChanged when another version came first.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [PUBLISHING_LOCK])
    present = current_rules()
    if present.version != based_on:
        raise RulesChanged(_conflict_message())
    check_weights(numbers)
    version = RulesVersion(number=(present.version or 0) + 1, note=note.strip(), published_by=actor, **numbers)
    version.clean_fields()
    changed = differences(present, version.rules)
    if not changed:
        raise InvalidInput("These are the numbers in force: there is nothing to publish.")
    version.save(force_insert=True)
    publish(
        RulesPublished(
            version=version.number,
            changed={name: as_json(now) for name, (_was, now) in changed.items()},
            previous={name: as_json(was) for name, (was, _now) in changed.items()},
        ),
        actor=actor,
    )
    return version


def check_weights(numbers: dict[str, Any]) -> None:
    """Raise InvalidInput unless the three weights sum to 1."""
    names = [name for name in FIELDS if name.endswith("_weight")]
    total = sum(numbers[name] for name in names)
    if total != 1:
        message = f"The three weights must sum to 1; they sum to {total.normalize():f}."
        raise InvalidInput(message, errors={names[-1]: [message]})


def differences(before: Rules, after: Rules) -> dict[str, tuple[Any, Any]]:
    """The numbers that differ, each with its value before and after."""
    was, now = before.as_fields(), after.as_fields()
    return {name: (was[name], now[name]) for name in FIELDS if was[name] != now[name]}


def _conflict_message() -> str:
    version = RulesVersion.objects.select_related("published_by").first()
    if version is None:
        return "There is no such version yet. Nothing was published."
    minutes = int((timezone.now() - version.published_at).total_seconds() // 60)
    ago = "just now" if not minutes else f"{minutes} minute{'' if minutes == 1 else 's'} ago"
    return (
        f"{version.published_by or 'Somebody'} published version {version.number} {ago}. "
        "Nothing was published: look at the numbers of now first."
    )
