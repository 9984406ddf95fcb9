"""The event log after a restored backup.

A backup ends before the last events that clients have received. If numbering continued at its end, a client at 1,000
that reconnects when the log has reached 1,005 again would receive five events and miss all others. Therefore numbering
continues after every number that can have been assigned, and a client with an older number receives `resync`, as after
pruning. The restored events stay in the table, for the history pages.
"""

from datetime import datetime

from django.db import connection, transaction

from smartscheduler.events.models import EventHead
from smartscheduler.events.sequencer import ENSURE_HEAD

# More events than the relay can number in a second, to bound the numbers assigned since the backup.
MOST_EVENTS_A_SECOND = 2_500


@transaction.atomic
def skip_assigned_numbers(*, taken_at: datetime, last_known: int = 0) -> int:
    """Continue the log after every number that can have been assigned, and return the new head.

    `taken_at` is the time of the backup, and `last_known` the last number that is known to have been assigned since.
    """
    with connection.cursor() as cursor:
        cursor.execute(ENSURE_HEAD)
        cursor.execute("SELECT extract(epoch FROM clock_timestamp() - %s)", [taken_at])
        seconds = max(0, int(cursor.fetchone()[0]) + 1)
    head = EventHead.objects.select_for_update().get(pk=1)
    begin = max(head.sequence + seconds * MOST_EVENTS_A_SECOND, last_known) + 1
    head.sequence = head.pruned_to = begin
    head.save()
    return begin
