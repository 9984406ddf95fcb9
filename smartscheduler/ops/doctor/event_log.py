"""The event log: its numbers have no gap, and its head and its readers are where they should be."""

from smartscheduler.events.models import EventHead, EventReader, OutboxEvent
from smartscheduler.ops.doctor.check import Check, rows_of

_EVENTS, _HEAD, _READERS = (model._meta.db_table for model in (OutboxEvent, EventHead, EventReader))

# Counted from the oldest that is kept; what a restored backup has brought along lies before that.
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
"""  # noqa: S608  (our own text)

HEAD = f"""
SELECT format('the head says %s, the log ends with %s', coalesce(head::text, 'nothing'), last)
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
        remedy="Events were deleted by hand: clients miss them. Restore them from a backup, or let clients begin anew: "
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
        holds="Nobody has read further than the event log goes",
        remedy="They would miss what comes next. Set events_eventreader.sequence to what they have seen.",
        find=rows_of(READERS),
    ),
)
