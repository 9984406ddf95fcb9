"""What a restored backup means for those who read the log.

The backup ends earlier than what clients have seen. Would the numbers simply go on from its end, then a client at 1,000
who comes back when the log has again reached 1,005 would be sent five events, and never hear of the others. So the
restored log begins anew, beyond every number that can have been given: whoever comes with an older one is answered
`resync`, as when events have been pruned. The events themselves stay, for the history that people see.
"""

from datetime import datetime

from django.db import connection, transaction

from smartscheduler.events.models import EventHead
from smartscheduler.events.sequencer import ENSURE_HEAD

# More than the relay can number in a second, for the time since the backup in which nobody counted for us.
MOST_EVENTS_A_SECOND = 2_500


@transaction.atomic
def begin_anew(*, taken_at: datetime, last_known: int = 0) -> int:
    """Let the log go on from a number that nobody has seen, and return it.

    `taken_at` is the moment of the backup; `last_known` the last number that is known to have been given since.
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
