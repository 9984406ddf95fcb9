"""Checks of running processes: relay, workers, emails, and imports."""

import math
from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.db.models import Count, Min
from django.utils import timezone

from recommendations.planning.models import Plan
from smartscheduler.core.observability.metrics import heartbeats
from smartscheduler.core.observability.metrics.celery_queue import queues
from smartscheduler.events.lag import is_relay_active, lag
from smartscheduler.imports.models import ImportRun
from smartscheduler.notifications.models import CustomerMessage, Mail
from smartscheduler.ops.backlog import IMPORT_SINCE, unread_since
from smartscheduler.ops.doctor.check import Check, Scope, rows_of, sentences

# A worker polls every two seconds, so longer waits mean that something is stuck.
LONGEST_WAIT = timedelta(minutes=10)
MOST_FAILED_ATTEMPTS = 3

FAILED_MAILS = f"""
SELECT format('to %s on %s: %s', coalesce(nullif(recipient, ''), 'assignment ' || assignment_id),
              to_char(created_at, 'YYYY-MM-DD'), left(error, 120))
FROM notifications_mail WHERE state = 'failed' AND created_at > now() - interval '7 days'
    OR state = 'waiting' AND attempts >= {MOST_FAILED_ATTEMPTS}
"""  # noqa: S608  (a constant text)


FAILED_MESSAGES = f"""
SELECT format('%s to a customer on %s: %s', job_number, to_char(message.created_at, 'YYYY-MM-DD'), left(error, 120))
FROM notifications_customermessage message JOIN jobs_job job ON job.id = message.job_id
WHERE message.state IN ('failed', 'bounced') AND message.created_at > now() - interval '7 days'
    OR message.state = 'queued' AND attempts >= {MOST_FAILED_ATTEMPTS}
"""  # noqa: S608  (a constant text)


def late_readers() -> Iterator[str]:
    for name, since in unread_since().items():
        if since and since < timezone.now() - LONGEST_WAIT:
            yield f"{name} has not read events since {since:%Y-%m-%d %H:%M}"


def waiting_mails() -> Iterator[str]:
    late = Mail.objects.filter(state=Mail.State.WAITING, due_at__lt=timezone.now() - LONGEST_WAIT)
    totals = late.aggregate(count=Count("pk"), since=Min("due_at"))
    if totals["count"]:
        yield f"overdue emails: {totals['count']}, the oldest since {totals['since']:%Y-%m-%d %H:%M}"


def waiting_messages() -> Iterator[str]:
    late = CustomerMessage.objects.due(timezone.now() - LONGEST_WAIT).order_by()
    totals = late.aggregate(count=Count("pk"), since=Min("due_at"))
    if totals["count"]:
        yield f"overdue messages to customers: {totals['count']}, the oldest since {totals['since']:%Y-%m-%d %H:%M}"


def waiting_imports() -> Iterator[str]:
    """Workers process files in turn, so every file makes progress while a worker runs."""
    at_work = ImportRun.objects.filter(state__in=ImportRun.AT_WORK).annotate(since=IMPORT_SINCE)
    for run in at_work.filter(since__lt=timezone.now() - LONGEST_WAIT).order_by("since").light():
        yield f"{run.name} ({run.state}), at row {run.at} of {run.total}"


def waiting_plans() -> Iterator[str]:
    """Running plans renew their leases every second. The queue moves while one of them runs."""
    now = timezone.now()
    running = Plan.objects.filter(state=Plan.State.RUNNING, leased_until__gte=now).exists()
    for plan in Plan.objects.at_work().order_by("created_at"):
        is_lost = plan.state == Plan.State.RUNNING and (plan.leased_until is None or plan.leased_until < now)
        is_stuck = plan.state == Plan.State.QUEUED and plan.updated_at < now - LONGEST_WAIT and not running
        if is_lost or is_stuck:
            yield f"{plan.number} ({plan.state}), requested at {plan.created_at:%Y-%m-%d %H:%M}"


def waiting_tasks() -> Iterator[str]:
    for name, queue in queues().items():
        if queue.oldest_seconds > settings.WORKER_LATE_SECONDS:
            yield f"tasks in the queue {name}: {queue.waiting}, the oldest for {queue.oldest_seconds:.0f} seconds"


def silent_workers() -> Iterator[str]:
    """Waiting heartbeat tasks mean that the worker is stuck; no heartbeat tasks mean that beat sends none."""
    by_name = queues()
    for name in heartbeats.late_queues():
        cause = "no worker takes its tasks" if by_name[name].waiting else "beat sends no tasks"
        age = heartbeats.ages()[name]
        since = f"for {age:.0f} seconds" if math.isfinite(age) else "yet"
        yield f"no task of the queue {name} has run {since}: {cause}"


def unsent_events() -> Iterator[str]:
    behind = lag()
    if behind.is_late:
        yield f"events without a number: {behind.unsent}, the oldest for {behind.oldest.total_seconds():.0f} seconds"


def relay() -> Iterator[str]:
    if not is_relay_active():
        yield "no relay holds the lock"


START_WORKER = "Start a worker and beat (manage.py up, or their containers), and read their logs."
CHECKS = (
    Check(
        name="events-sent",
        holds="Committed events get their number within seconds",
        remedy="Start manage.py relay_events and read its log.",
        find=sentences(unsent_events),
        scope=Scope.RUNNING,
    ),
    Check(
        name="relay-active",
        holds="An event relay is active",
        remedy="Start one with manage.py relay_events. Until then, committed events wait.",
        find=sentences(relay),
        scope=Scope.RUNNING,
        warns=True,
    ),
    Check(
        name="worker-keeps-up",
        holds="Consumers have read every event older than ten minutes",
        remedy=START_WORKER,
        find=sentences(late_readers),
        scope=Scope.RUNNING,
    ),
    Check(
        name="mails-delivered",
        holds="No email of the last seven days has failed permanently or repeatedly",
        remedy="Correct the address or EMAIL_URL, then choose “Send again” under Messages to contractors.",
        find=rows_of(FAILED_MAILS),
        scope=Scope.RUNNING,
        warns=True,
    ),
    Check(
        name="messages-delivered",
        holds="No message to a customer of the last seven days has failed or come back",
        remedy="Correct the email address or EMAIL_URL, and choose “Send again” under Messages to customers.",
        find=rows_of(FAILED_MESSAGES),
        scope=Scope.RUNNING,
        warns=True,
    ),
    Check(
        name="messages-move",
        holds="Every message to a customer is tried within ten minutes of its due time",
        remedy=START_WORKER,
        find=sentences(waiting_messages),
        scope=Scope.RUNNING,
    ),
    Check(
        name="imports-move",
        holds="No import waits for more than ten minutes",
        remedy=START_WORKER,
        find=sentences(waiting_imports),
        scope=Scope.RUNNING,
    ),
    Check(
        name="plans-move",
        holds="No plan is lost by its worker or waits for more than ten minutes while no other runs",
        remedy="Start a worker of the queue plans (manage.py up, or its container), and read its log.",
        find=sentences(waiting_plans),
        scope=Scope.RUNNING,
    ),
    Check(
        name="mails-move",
        holds="Every email is tried within ten minutes of its due time",
        remedy=START_WORKER,
        find=sentences(waiting_mails),
        scope=Scope.RUNNING,
    ),
    Check(
        name="tasks-move",
        holds="No task waits for a worker longer than WORKER_LATE_SECONDS",
        remedy=START_WORKER,
        find=sentences(waiting_tasks),
        scope=Scope.RUNNING,
    ),
    Check(
        name="workers-alive",
        holds="Every queue has a heartbeat within WORKER_LATE_SECONDS",
        remedy=START_WORKER,
        find=sentences(silent_workers),
        scope=Scope.RUNNING,
        warns=True,
    ),
)
