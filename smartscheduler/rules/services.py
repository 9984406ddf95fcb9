"""Services that publish scheduling rules and compare their versions."""

from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext

from smartscheduler.accounts.models import User
from smartscheduler.core.db.transactions import domain_transaction
from smartscheduler.core.formatting import relative
from smartscheduler.core.json_values import as_json
from smartscheduler.errors import InvalidInput, RulesChanged
from smartscheduler.events.publishing import publish
from smartscheduler.rules.current import current_rules
from smartscheduler.rules.events import RulesPublished
from smartscheduler.rules.models import RulesVersion
from smartscheduler.rules.values import FIELDS, Rules

# Key of an advisory lock: any number that no other advisory lock of the database uses. It makes publications
# sequential, so that two of them cannot both check `based_on` against the same version.
PUBLISHING_LOCK = 0x5353_5255_4C


@domain_transaction
def publish_rules(*, based_on: int | None, actor: User | None, note: str = "", **numbers: Any) -> RulesVersion:
    """Publish a version of the rules. It applies from the commit; existing bookings keep theirs.

    `numbers` are all fields of a version; `based_on` is the version that the user edited (None: the settings).
    Raises InvalidInput, by field, also when nothing changed; RulesChanged if another version was published meanwhile.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [PUBLISHING_LOCK])
    current = current_rules()
    if current.version != based_on:
        raise RulesChanged(_conflict_message())
    check_weights(numbers)
    version = RulesVersion(number=(current.version or 0) + 1, note=note.strip(), published_by=actor, **numbers)
    version.clean_fields()
    changed = differences(current, version.rules)
    if not changed:
        raise InvalidInput(gettext("These values are already in effect, so there is nothing to publish."))
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
        text = gettext("The three weights must sum to 1; they sum to {total}.")
        message = text.format(total=f"{total.normalize():f}")
        raise InvalidInput(message, errors={names[-1]: [message]})


def differences(before: Rules, after: Rules) -> dict[str, tuple[Any, Any]]:
    """The fields whose values differ, each with its value before and after."""
    was, now = before.as_fields(), after.as_fields()
    return {name: (was[name], now[name]) for name in FIELDS if was[name] != now[name]}


def _conflict_message() -> str:
    version = RulesVersion.objects.select_related("published_by").first()
    if version is None:
        return gettext("The version that you changed does not exist, so nothing was published. Reload the page.")
    values = {"number": version.number, "ago": relative(version.published_at, timezone.now())}
    if version.published_by is None:
        return gettext(
            "Version {number} was published {ago}, so yours was not. Check its values, then publish again."
        ).format(**values)
    return gettext(
        "{user} published version {number} {ago}, so yours was not. Check its values, then publish again."
    ).format(user=version.published_by, **values)
