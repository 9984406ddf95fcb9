"""A restored backup knows nothing of who was erased after it was taken: doing those erasures again."""

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

DONE, BEFORE, GONE, REFUSED = "erased again", "erased already", "no longer there", "refused"


@dataclass(frozen=True)
class Replayed:
    """What became of one erasure of the list; `why` is a sentence for one that was refused."""

    erasure: Erasure
    outcome: str
    why: str = ""


def known_here() -> list[Erasure]:
    """The list of the present database; nothing where there is none yet, or the database is too broken to say."""
    try:
        with transaction.atomic():
            return list(Erasure.objects.order_by("erased_at", "pk"))
    except DatabaseError:
        return []


def known_outside() -> list[Erasure]:
    """The list that settings.ERASURE_LIST keeps; nothing when there is none. Raises InvalidInput."""
    path = Path(settings.ERASURE_LIST) if settings.ERASURE_LIST else None
    return read(path) if path and path.is_file() else []


def replay(erasures: Iterable[Erasure]) -> Iterator[Replayed]:
    """Each of the erasures that this database does not show, the oldest first. May be done any number of times."""
    once = {(one.kind, one.number): one for one in erasures}
    for erasure in sorted(once.values(), key=lambda one: one.erased_at):
        yield _again(erasure)


def _again(erasure: Erasure) -> Replayed:
    erasure = Erasure.of(erasure.as_json())  # a row of another database is none of this one
    if erasure.kind == Erasure.Kind.CUSTOMER:
        erasure.jobs = list(Job.objects.filter(pk__in=erasure.jobs).values_list("pk", flat=True))
        if not erasure.jobs:
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
