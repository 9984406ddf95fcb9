"""Checks of the event log: gapless numbers, the head, and the offsets of consumers."""

from smartscheduler.events.models import EventHead, EventReader, OutboxEvent
from smartscheduler.ops.doctor.check import Check, rows_of

_EVENTS, _HEAD, _READERS = (model._meta.db_table for model in (OutboxEvent, EventHead, EventReader))

# Starts at the oldest kept event. Events of a restored backup have lower numbers and are ignored.
GAPS = f"""
WITH begin AS (
    SELECT coalesce((SELECT pruned_to FROM {_HEAD} WHERE id = 1), (SELECT min(sequence) - 1 FROM {_EVENTS})) AS number
)
SELECT CASE previous + 1 WHEN sequence - 1 THEN format('number %s', previous + 1)
            ELSE format('numbers %s to %s', previous + 1, sequence - 1) END
FROM (
    SELECT sequence, lag(sequence, 1, begin.number) OVER (ORDER BY sequence) AS previous
    FROM {_EVENTS}, begin WHERE sequence > begin.number
) numbered
WHERE sequence <> previous + 1
"""  # noqa: S608  (a constant text)

HEAD = f"""
SELECT format('the head is %s, but the log ends with %s', coalesce(head::text, 'missing'), last)
FROM (
    SELECT (SELECT sequence FROM {_HEAD} WHERE id = 1) AS head,
           coalesce(
               greatest((SELECT max(sequence) FROM {_EVENTS}), (SELECT pruned_to FROM {_HEAD} WHERE id = 1)), 0
           ) AS last
) found
WHERE coalesce(head, 0) <> last
"""  # noqa: S608

READERS = f"""
SELECT format('%s has read up to %s', name, sequence) FROM {_READERS}
WHERE sequence > coalesce((SELECT sequence FROM {_HEAD} WHERE id = 1), 0)
"""  # noqa: S608

CHECKS = (
    Check(
        name="event-numbers",
        holds="The numbers of the event log have no gap",
        remedy="Events were deleted by hand, and clients miss them. Restore a backup, or make clients reload: "
        "UPDATE events_eventhead SET pruned_to = the last missing number;",
        find=rows_of(GAPS),
    ),
    Check(
        name="event-head",
        holds="The head of the event log is its last number",
        remedy="The table was changed by hand. Stop the relay, then: "
        "UPDATE events_eventhead SET sequence = the last number;",
        find=rows_of(HEAD),
    ),
    Check(
        name="event-readers",
        holds="No consumer is ahead of the event log",
        remedy="It would miss the next events. Set events_eventreader.sequence to its last processed event.",
        find=rows_of(READERS),
    ),
)
