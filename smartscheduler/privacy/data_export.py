"""Export of all data about one person as one document, to answer a request of that person.

Data of other people is omitted: the bookings of a contractor name the job and its city, not the customer.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q, QuerySet
from django.db.models.fields.json import KT
from django.utils import timezone
from psycopg.types.range import Range

from assignments.models import Assignment
from contractors.models import Contractor, Favorite, Rating
from customers.models import Customer
from jobs.models import Job
from smartscheduler.accounts.models import TokenFamily, User
from smartscheduler.adminsite.models import SavedView
from smartscheduler.audit.models import Act, AuditEntry
from smartscheduler.audit.services import record
from smartscheduler.events.models import OutboxEvent
from smartscheduler.history.retention import history_models
from smartscheduler.idempotency.models import KeptAnswer
from smartscheduler.imports.models import ImportRun
from smartscheduler.notifications.models import CustomerMessage, Mail
from smartscheduler.privacy import contractor_erasure, customer_erasure, customer_records, user_erasure
from smartscheduler.privacy.free_text import columns, matching
from smartscheduler.privacy.history_rewrite import former_values, history_of
from smartscheduler.privacy.import_files import imports_naming
from smartscheduler.privacy.pii_matcher import PersonPatterns
from smartscheduler.privacy.user_erasure import sign_ins_of

Document = dict[str, Any]
LEFT_OUT = {"search_text", "password", "content", "session_data", "fingerprint", "current", "session_hash"}
OF_A_BOOKING = (
    *("id", "status", "time_slot", "score", "rank", "candidates_considered", "candidates_exact"),
    *("score_breakdown", "override_reason", "window_break_reason"),
    *("cancel_reason", "confirmed_at", "started_at", "completed_at", "cancelled_at", "late_until", "created_at"),
)


def export_contractor(*, contractor_id: UUID, actor: User | None) -> Document:
    """Export the data of a contractor. Raises Contractor.DoesNotExist."""
    contractor = Contractor.objects.get(pk=contractor_id)
    parts = parts_of_contractor(contractor)
    return _document("contractor", str(contractor), parts, actor, subject=str(contractor.pk))


def parts_of_contractor(contractor: Contractor) -> Document:
    former = former_values(Contractor, [contractor.pk], *contractor_erasure.FIELDS)
    patterns = contractor_erasure.patterns_of(contractor, former, "")
    bookings = Assignment.objects.filter(contractor=contractor).select_related("job").order_by("time_slot")
    return {
        "contractor": _fields(contractor),
        "working_hours": _rows(contractor.working_hours.all()),
        "absences": _rows(contractor.absences.all()),
        "ratings": _rows(Rating.objects.filter(contractor=contractor)),
        "assignments": [_booking(booking, job=booking.job.job_number, city=booking.job.city) for booking in bookings],
        "mails": _rows(Mail.objects.filter(assignment__contractor=contractor).order_by("created_at")),
        "history": list(_history(Contractor, [contractor.pk], "contractor_id")),
        "events": _events(OutboxEvent.objects.filter(data__contains={"contractor_id": str(contractor.pk)})),
        **_elsewhere(patterns, [contractor.pk], Contractor),
    }


def export_customer(*, job_ids: Iterable[UUID], actor: User | None) -> Document:
    """Export the data of the customer of these jobs. Raises Job.DoesNotExist."""
    keys = list(job_ids)
    jobs = list(Job.objects.filter(pk__in=keys).order_by("created_at"))
    if len(jobs) != len(set(keys)) or not jobs:
        raise Job.DoesNotExist
    return _document("customer", jobs[-1].customer_name, parts_of_customer(jobs), actor, jobs=len(jobs))


def export_customer_record(*, customer_id: UUID, actor: User | None) -> Document:
    """Export the data of the customer with this record, with all jobs. Raises Customer.DoesNotExist."""
    customer = Customer.objects.get(pk=customer_id)
    jobs = list(Job.objects.filter(customer=customer).order_by("created_at"))
    parts = parts_of_customer(jobs, customer)
    return _document("customer", str(customer), parts, actor, subject=str(customer.pk))


def parts_of_customer(jobs: list[Job], customer: Customer | None = None) -> Document:
    """Data of the customer of these jobs, with the records that have no other jobs, and the record `customer`."""
    keys = [job.pk for job in jobs]
    records = {record.pk: record for record in customer_records.records_of(jobs)}
    if customer:
        records |= {record.pk: record for record in customer_records.with_merged([customer.pk])}
    people = list(records.values())
    patterns = customer_erasure.patterns_of(jobs, people, former_values(Job, keys, *customer_erasure.FIELDS), "")
    bookings = Assignment.objects.filter(job__in=keys).select_related("job", "contractor").order_by("time_slot")
    about = Q()
    for key in keys:
        about |= Q(data__contains={"job_id": str(key)})
    return {
        **customer_records.exported(people, _rows),
        "jobs": [_fields(job) for job in jobs],
        "assignments": [
            _booking(booking, job=booking.job.job_number, contractor=booking.contractor.name) for booking in bookings
        ],
        "ratings": _rows(Rating.objects.filter(job_id__in=keys)),
        "messages": _rows(
            CustomerMessage.objects.filter(Q(job__in=keys) | Q(customer__in=list(records))).order_by("created_at")
        ),
        "history": [*_history(Job, keys, ""), *_history(Customer, list(records), "customer_id")],
        "events": _events(OutboxEvent.objects.filter(about)) if keys else [],
        **_elsewhere(patterns, keys, Job),
    }


def export_user(*, user_id: UUID, actor: User | None) -> Document:
    """Export the data of an account. Raises User.DoesNotExist."""
    user = User.objects.get(pk=user_id)
    return _document("user", str(user), parts_of_user(user), actor, about=user)


def parts_of_user(user: User) -> Document:
    patterns = user_erasure.patterns_of(user, former_values(User, [user.pk], *user_erasure.FIELDS), "")
    own = sign_ins_of(patterns.emails)
    return {
        "account": _fields(user),
        "sign_ins": [*_rows(AccessLog.objects.filter(own)), *_rows(AccessAttempt.objects.filter(own))],
        "failed_sign_ins": _rows(AccessFailureLog.objects.filter(own)),
        "sessions": [
            {
                "began": browser_session.began_at,
                "last_used": browser_session.seen_at,
                "expires": browser_session.expire_date,
            }
            for browser_session in user.browser_sessions.all()
        ],
        "tokens": _rows(TokenFamily.objects.filter(user=user)),
        "audit": _rows(AuditEntry.objects.filter(Q(user=user.pk) | Q(about=user.pk)).order_by("at")),
        "second_factor": [{"set_up_at": user.second_factor_at}] if user.second_factor_at else [],
        "saved_views": _rows(SavedView.objects.filter(owner=user)),
        "favorites": _rows(Favorite.objects.filter(owner=user)),
        "history_of_the_account": list(_history(User, [user.pk], "")),
        "changes_made": list(_changes_by(user)),
        "events_caused": _events(OutboxEvent.objects.alias(by=KT("actor__id")).filter(by=str(user.pk))),
        **_elsewhere(patterns, [], User),
    }


def as_json(document: Document) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False, cls=_Encoder)


def as_text(document: Document) -> str:
    """The document as readable text: headings, and a line for each value."""
    return "\n".join(_lines(json.loads(as_json(document)), 0)) + "\n"


def _lines(value: Any, depth: int) -> Iterator[str]:
    space = "  " * depth
    for key, item in value.items() if isinstance(value, dict) else enumerate(value, start=1):
        title = str(key).replace("_", " ").capitalize() if isinstance(key, str) else f"{key}."
        if isinstance(item, dict | list):
            yield f"{space}{title}{'' if item else ': none'}"
            yield from _lines(item, depth + 1)
        else:
            yield f"{space}{title}: {'–' if item in (None, '') else item}"


def _document(kind: str, name: str, parts: Document, actor: User | None, **about: Any) -> Document:
    record(Act.PERSON_EXPORTED, actor=actor, kind=kind, **about)
    return {"kind": kind, "name": name, "made_at": timezone.now(), **parts}


def _fields(row: models.Model) -> Document:
    names = (field.attname for field in row._meta.concrete_fields if field.name not in LEFT_OUT)
    return {name: getattr(row, name) for name in names}


def _rows(rows: QuerySet[Any]) -> list[Document]:
    return [_fields(row) for row in rows]


def _booking(assignment: Assignment, **related: Any) -> Document:
    return {**related, **{name: getattr(assignment, name) for name in OF_A_BOOKING}}


def _history(model: type[models.Model], keys: list[Any], owner: str) -> Iterator[Document]:
    """History of the records and of the records that belong to them."""
    for kind in history_models():
        own = kind is history_of(model)
        if own or (owner and kind.owner and f"{kind.owner}_id" == owner):
            about = Q((("pgh_obj_id" if own else owner) + "__in", keys))
            for row in kind._base_manager.filter(about).order_by("pgh_created_at", "pgh_id"):
                yield {"of": kind.pgh_tracked_model._meta.label, **_fields(row), "pgh_context": _door(row)}


def _door(row: Any) -> str:
    """Interface of a change. The author is omitted, because that is data of another person."""
    return str((row.pgh_context or {}).get("door", "the database"))


def _changes_by(user: User) -> Iterator[Document]:
    for kind in history_models():
        rows: Any = kind._base_manager.alias(author=KT("pgh_context__user")).filter(author=str(user.pk))
        for row in rows.order_by("pgh_created_at"):
            label = kind.pgh_tracked_model._meta.label
            yield {"of": label, "id": row.pgh_obj_id, "act": row.pgh_label, "at": row.pgh_created_at}


def _events(rows: QuerySet[OutboxEvent]) -> list[Document]:
    return [{"type": row.type, "occurred_at": row.occurred_at, "data": row.data} for row in rows.order_by("position")]


def _elsewhere(patterns: PersonPatterns, keys: list[Any], model: type[models.Model]) -> Document:
    """Other places that name the person: imported files, free text, stored responses, the admin log."""
    kind = ContentType.objects.get_for_model(model)
    logged = LogEntry.objects.filter(content_type=kind, object_id__in=[str(key) for key in keys])
    answers = KeptAnswer.objects.filter(body__iregex=patterns.wide.pattern) if patterns.wide.pattern else ()
    return {
        "imported_files": [_file(run) for run in imports_naming(patterns.wide)],
        "answers_kept_for_a_day": [{"body": answer.body, "created_at": answer.created_at} for answer in answers],
        "log_of_the_back_office": _rows(logged),
        "named_in": list(_named(patterns.wide)),
    }


def _file(run: ImportRun) -> Document:
    return {"file": run.name, "taken_in_at": run.created_at, "rows": run.total}


def _named(patterns: PersonPatterns) -> Iterator[Document]:
    """Free text that names the person, with its record and field."""
    for model, fields in columns() if patterns.pattern else ():
        if model is OutboxEvent or model in history_models():
            continue
        for row in matching(model, fields, patterns):
            words = {name: getattr(row, name) for name in fields if patterns.found_in(str(getattr(row, name)))}
            yield {"of": model._meta.label, "id": row.pk, **words}


class _Encoder(DjangoJSONEncoder):
    def default(self, o: Any) -> Any:
        if isinstance(o, Range):
            return {"start": o.lower, "end": o.upper}
        return super().default(o)
