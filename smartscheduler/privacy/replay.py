"""Replay of erasures on a restored backup, which lacks the erasures that were made after it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.db.utils import DatabaseError

from jobs.models import Job
from smartscheduler.errors import DomainError, PersonErased
from smartscheduler.privacy.erasure_log import read
from smartscheduler.privacy.models import Erasure
from smartscheduler.privacy.services import erase_again

DONE, BEFORE, GONE, REFUSED = "erased again", "already erased", "deleted", "refused"


@dataclass(frozen=True)
class Replayed:
    """Result of one replayed erasure. `why`: the reason of a refusal."""

    erasure: Erasure
    outcome: str
    why: str = ""


def known_here() -> list[Erasure]:
    """The erasures in the current database; empty if the table is missing or the database is damaged."""
    try:
        with transaction.atomic():
            return list(Erasure.objects.order_by("erased_at", "pk"))
    except DatabaseError:
        return []


def known_outside() -> list[Erasure]:
    """The erasures in settings.ERASURE_LIST; empty without a file. Raises InvalidInput."""
    path = Path(settings.ERASURE_LIST) if settings.ERASURE_LIST else None
    return read(path) if path and path.is_file() else []


def replay(erasures: Iterable[Erasure]) -> Iterator[Replayed]:
    """Repeat the erasures that are missing in this database, oldest first. Idempotent."""
    unique = {(erasure.kind, erasure.number): erasure for erasure in erasures}
    for erasure in sorted(unique.values(), key=lambda erasure: erasure.erased_at):
        yield _again(erasure)


def _again(erasure: Erasure) -> Replayed:
    erasure = Erasure.of(erasure.as_json())  # a copy: the row may come from another database
    if erasure.kind == Erasure.Kind.CUSTOMER:
        erasure.jobs = list(Job.objects.filter(pk__in=erasure.jobs).values_list("pk", flat=True))
        if not erasure.jobs and not erasure.subject:
            return Replayed(erasure, GONE)
    try:
        erase_again(erasure, actor=None)
    except PersonErased:
        return Replayed(erasure, BEFORE)
    except ObjectDoesNotExist:
        return Replayed(erasure, GONE)
    except DomainError as refusal:
        return Replayed(erasure, REFUSED, refusal.detail)
    return Replayed(erasure, DONE)
