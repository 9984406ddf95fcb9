"""Retention rules: which data is kept for how long."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from assignments.states import LIVE
from customers.models import Customer
from jobs.models import Job
from recommendations.planning.models import Plan, PlanItem
from recommendations.planning.states import AT_WORK
from smartscheduler.accounts.models import BrowserSession, ServiceKey, TokenFamily
from smartscheduler.audit.models import AuditEntry
from smartscheduler.events.models import OutboxEvent
from smartscheduler.events.tasks import oldest_to_keep, prune_events
from smartscheduler.history.retention import MOMENT, history_models
from smartscheduler.idempotency.mixin import KEPT_FOR
from smartscheduler.idempotency.models import KeptAnswer
from smartscheduler.imports.models import ImportRun
from smartscheduler.notifications.models import CustomerMessage, Mail
from smartscheduler.ops.retention.delete import remove_batch, remove_customers, remove_history, remove_jobs

ENDED = timedelta(0)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A retention rule. `rows` returns the rows older than an instant; `remove` deletes a batch and returns its size.

    `variable` is the environment variable of the period; empty for a fixed period.
    """

    name: str
    what: str
    keep: timedelta
    rows: Callable[[datetime], QuerySet[Any]]
    remove: Callable[[QuerySet[Any]], int] = remove_batch
    variable: str = ""

    @property
    def before(self) -> datetime:
        return timezone.now() - self.keep

    def due(self) -> QuerySet[Any]:
        return self.rows(self.before)


def older(model: type[models.Model], moment: str) -> Callable[[datetime], QuerySet[Any]]:
    return lambda before: model._base_manager.filter(**{f"{moment}__lt": before})


def rules() -> list[Rule]:
    """All rules with the present settings."""
    return [*_of_settings(), *_of_audit(), *_of_what_has_ended()]


def _of_settings() -> Iterator[Rule]:
    yield Rule(
        name="events",
        what="domain events",
        keep=settings.EVENT_RETENTION,
        rows=lambda before: OutboxEvent.objects.filter(sequence__lt=oldest_to_keep()),
        remove=lambda rows: prune_events(),
        variable="EVENT_RETENTION_DAYS",
    )
    yield Rule(
        name="jobs",
        what="closed jobs with their assignments and emails",
        keep=settings.JOB_RETENTION,
        rows=_jobs,
        remove=remove_jobs,
        variable="JOB_RETENTION_DAYS",
    )
    yield Rule(
        name="customers",
        what="customers without jobs, not changed for as long",
        keep=settings.JOB_RETENTION,
        rows=_customers,
        remove=remove_customers,
        variable="JOB_RETENTION_DAYS",
    )
    yield Rule(
        name="mails",
        what="emails about assignments that have ended",
        keep=settings.MAIL_RETENTION,
        rows=_mails,
        variable="MAIL_RETENTION_DAYS",
    )
    yield Rule(
        name="messages",
        what="messages to customers about jobs that have ended",
        keep=settings.MAIL_RETENTION,
        rows=_messages,
        variable="MAIL_RETENTION_DAYS",
    )
    yield Rule(
        name="imports",
        what="imported files with the results of their rows",
        keep=settings.IMPORT_RETENTION,
        rows=lambda before: ImportRun.objects.filter(created_at__lt=before).exclude(state__in=ImportRun.AT_WORK),
        variable="IMPORT_RETENTION_DAYS",
    )
    yield Rule(
        name="plans",
        what="plans of which nothing is booked",
        keep=settings.PLAN_RETENTION,
        rows=_plans,
        variable="PLAN_RETENTION_DAYS",
    )


def _of_audit() -> Iterator[Rule]:
    for history in history_models():
        yield Rule(
            name=f"history-{history._meta.model_name}",
            what=f"{history._meta.verbose_name_plural}",
            keep=settings.AUDIT_RETENTION,
            rows=older(history, MOMENT),
            remove=remove_history,
            variable="AUDIT_RETENTION_DAYS",
        )
    yield Rule(
        name="audit",
        what="audit log of sign-ins, exports, and changed roles",
        keep=settings.AUDIT_RETENTION,
        rows=older(AuditEntry, "at"),
        remove=remove_history,
        variable="AUDIT_RETENTION_DAYS",
    )
    for model in (AccessLog, AccessAttempt, AccessFailureLog):
        yield Rule(
            name=f"sign-ins-{model._meta.model_name}",
            what=f"{model._meta.verbose_name_plural} (accounts and network addresses)",
            keep=settings.AUDIT_RETENTION,
            rows=older(model, "attempt_time"),
            variable="AUDIT_RETENTION_DAYS",
        )


def _of_what_has_ended() -> Iterator[Rule]:
    yield Rule(
        name="answers",
        what="responses stored for an Idempotency-Key",
        keep=KEPT_FOR,
        rows=older(KeptAnswer, "created_at"),
    )
    yield Rule(name="sessions", what="expired sessions", keep=ENDED, rows=older(BrowserSession, "expire_date"))
    yield Rule(name="tokens", what="expired tokens", keep=ENDED, rows=older(TokenFamily, "expires_at"))
    yield Rule(
        name="service-keys",
        what="expired keys of service accounts",
        keep=settings.AUDIT_RETENTION,
        rows=older(ServiceKey, "expires_at"),
        variable="AUDIT_RETENTION_DAYS",
    )


def _jobs(before: datetime) -> QuerySet[Job]:
    return Job.objects.filter(
        Q(status=Job.Status.COMPLETED, completed_at__lt=before)
        | Q(status=Job.Status.CANCELLED, cancelled_at__lt=before)
    )


def _customers(before: datetime) -> QuerySet[Customer]:
    """Customers without jobs. A merged record goes with the one that it leads to."""
    return Customer.objects.current().filter(updated_at__lt=before, jobs=None)


def _plans(before: datetime) -> QuerySet[Plan]:
    """Old plans. One that led to a booking stays as long as the booking, which refers to it."""
    booked = PlanItem.objects.filter(plan=OuterRef("pk")).exclude(assignment=None)
    return Plan.objects.filter(~Exists(booked), created_at__lt=before).exclude(state__in=AT_WORK)


def _mails(before: datetime) -> QuerySet[Mail]:
    """Old emails, except those of live assignments: their number is the sequence of the next invitation (RFC 5545)."""
    old = Mail.objects.filter(created_at__lt=before).exclude(state=Mail.State.WAITING)
    return old.exclude(assignment__status__in=LIVE)


def _messages(before: datetime) -> QuerySet[CustomerMessage]:
    """Old messages, except those of jobs with a live assignment: they say what the customer was told last."""
    old = CustomerMessage.objects.filter(created_at__lt=before).exclude(state=CustomerMessage.State.QUEUED)
    return old.exclude(job__assignments__status__in=LIVE)


def retain(chosen: Sequence[Rule], *, seconds: float) -> dict[str, int]:
    """Delete due rows in batches for about `seconds` at most. Returns the number of deleted rows by rule."""
    deadline, removed = time.monotonic() + seconds, {rule.name: 0 for rule in chosen}
    for rule in chosen:
        while time.monotonic() < deadline and (count := rule.remove(rule.due())):
            removed[rule.name] += count
    return removed
