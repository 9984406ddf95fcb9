"""Whether the product around the data does its work: relay, worker, mails, imports."""

import math
from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.db.models import Count, Min
from django.utils import timezone

from smartscheduler.core.observability.metrics import heartbeats
from smartscheduler.core.observability.metrics.celery_queue import queues
from smartscheduler.events.lag import is_relay_active, lag
from smartscheduler.imports.models import ImportRun
from smartscheduler.notifications.models import Mail
from smartscheduler.ops.backlog import IMPORT_SINCE, unread_since
from smartscheduler.ops.doctor.check import Check, Scope, rows_of, sentences

# A worker looks every two seconds; what waits longer than this is stuck.
LONGEST_WAIT = timedelta(minutes=10)
MOST_FAILED_ATTEMPTS = 3

FAILED_MAILS = f"""
SELECT format('to %s on %s: %s', coalesce(nullif(recipient, ''), 'assignment ' || assignment_id),
              to_char(created_at, 'YYYY-MM-DD'), left(error, 120))
FROM notifications_mail WHERE state = 'failed' AND created_at > now() - interval '7 days'
    OR state = 'waiting' AND attempts >= {MOST_FAILED_ATTEMPTS}
"""  # noqa: S608  (our own text)


def late_readers() -> Iterator[str]:
    for name, since in unread_since().items():
        if since and since < timezone.now() - LONGEST_WAIT:
            yield f"{name} has not looked at what happened since {since:%Y-%m-%d %H:%M}"


def waiting_mails() -> Iterator[str]:
    late = Mail.objects.filter(state=Mail.State.WAITING, due_at__lt=timezone.now() - LONGEST_WAIT)
    found = late.aggregate(count=Count("pk"), since=Min("due_at"))
    if found["count"]:
        yield f"{found['count']} mails are due and not tried, the oldest since {found['since']:%Y-%m-%d %H:%M}"


def waiting_imports() -> Iterator[str]:
    """Files take turns, so that each of them moves while a worker is there."""
    at_work = ImportRun.objects.filter(state__in=ImportRun.AT_WORK).annotate(since=IMPORT_SINCE)
    for run in at_work.filter(since__lt=timezone.now() - LONGEST_WAIT).order_by("since").light():
        yield f"{run.name} ({run.state}), at row {run.at} of {run.total}"


def waiting_tasks() -> Iterator[str]:
    for name, queue in queues().items():
        if queue.oldest_seconds > settings.WORKER_LATE_SECONDS:
            yield f"{queue.waiting} tasks wait in the queue {name}, the oldest for {queue.oldest_seconds:.0f} seconds"


def silent_workers() -> Iterator[str]:
    """Heartbeats that wait mean that the worker stands still; none at all, that beat sends none."""
    found = queues()
    for name in heartbeats.late_queues():
        who = "no worker takes its tasks" if found[name].waiting else "beat sends no tasks"
        age = heartbeats.ages()[name]
        since = f"for {age:.0f} seconds" if math.isfinite(age) else "yet"
        yield f"no task of the queue {name} has run {since}: {who}"


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
        find=sentences(late_readers),
        scope=Scope.RUNNING,
    ),
    Check(
        name="mails-delivered",
        holds="No mail of the last seven days has failed for good, and none fails again and again",
        remedy="Correct the address or EMAIL_URL, then “Send again” under Mails in the back-office.",
        find=rows_of(FAILED_MAILS),
        scope=Scope.RUNNING,
        warns=True,
    ),
    Check(
        name="imports-move",
        holds="No file waits for more than ten minutes to be gone through",
        remedy=START_WORKER,
        find=sentences(waiting_imports),
        scope=Scope.RUNNING,
    ),
    Check(
        name="mails-move",
        holds="Every mail is tried within ten minutes of when it is due",
        remedy=START_WORKER,
        find=sentences(waiting_mails),
        scope=Scope.RUNNING,
    ),
    Check(
        name="tasks-move",
        holds="No task waits longer for a worker than WORKER_LATE_SECONDS",
        remedy=START_WORKER,
        find=sentences(waiting_tasks),
        scope=Scope.RUNNING,
    ),
    Check(
        name="workers-alive",
        holds="A worker of every queue has shown within WORKER_LATE_SECONDS that it runs tasks",
        remedy=START_WORKER,
        find=sentences(silent_workers),
        scope=Scope.RUNNING,
        warns=True,
    ),
)
