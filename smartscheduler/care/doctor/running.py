"""Whether the product around the data does its work: relay, worker, mails, imports."""

from collections.abc import Iterator

from smartscheduler.care.doctor.checks import Check, Scope, rows_of, sentences
from smartscheduler.events.lag import is_relay_active, lag

BEHIND = """
SELECT format('%s has not looked at what happened since %s', reader.name,
              to_char(next.occurred_at, 'YYYY-MM-DD HH24:MI'))
FROM events_eventreader reader CROSS JOIN LATERAL (
    SELECT occurred_at FROM events_outboxevent event
    WHERE event.sequence > reader.sequence ORDER BY event.sequence LIMIT 1
) next WHERE next.occurred_at < now() - interval '10 minutes'
"""

FAILED_MAILS = """
SELECT format('to %s on %s: %s', coalesce(nullif(recipient, ''), 'assignment ' || assignment_id),
              to_char(created_at, 'YYYY-MM-DD'), left(error, 120))
FROM mails_mail WHERE state = 'failed' AND created_at > now() - interval '7 days'
"""

# Files take turns, so that each of them is touched again and again.
STUCK_IMPORTS = """
SELECT format('%s (%s), at row %s of %s', name, state, at, total) FROM exchange_importrun
WHERE state IN ('checking', 'importing') AND coalesce(turn_at, created_at) < now() - interval '1 hour'
"""


def unsent_events() -> Iterator[str]:
    behind = lag()
    if behind.is_late:
        yield f"{behind.unsent} events wait, the oldest for {behind.oldest.total_seconds():.0f} seconds"


def relay() -> Iterator[str]:
    if not is_relay_active():
        yield "no relay holds the lock"


START_WORKER = "Start a worker and beat (manage.py up, or the containers of that name), and read their logs."
CHECKS = (
    Check(
        name="events-sent",
        holds="Committed events get their number within seconds",
        remedy="Start manage.py relay_events, and read its log.",
        find=sentences(unsent_events),
        scope=Scope.RUNNING,
    ),
    Check(
        name="relay-active",
        holds="An event relay is active",
        remedy="Start one: manage.py relay_events. Events that are committed meanwhile wait for it.",
        find=sentences(relay),
        scope=Scope.RUNNING,
        warns=True,
    ),
    Check(
        name="worker-keeps-up",
        holds="The worker has looked at every event older than ten minutes",
        remedy=START_WORKER,
        find=rows_of(BEHIND),
        scope=Scope.RUNNING,
    ),
    Check(
        name="mails-delivered",
        holds="No mail of the last seven days has failed for good",
        remedy="Correct the address or EMAIL_URL, then “Send again” under Mails in the back-office.",
        find=rows_of(FAILED_MAILS),
        scope=Scope.RUNNING,
        warns=True,
    ),
    Check(
        name="imports-move",
        holds="No file waits for more than an hour to be gone through",
        remedy="Start the worker of files (manage.py up, or the container worker-files), and read its log.",
        find=rows_of(STUCK_IMPORTS),
        scope=Scope.RUNNING,
    ),
)
