"""Storage of sentences by the key of their numbers, and leases on missing ones.

A worker takes a lease before it requests a sentence, so that each sentence is requested once. The lease ends when the
sentence is stored, or expires if its owner has died.
"""

from collections.abc import Collection
from datetime import timedelta

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from recommendations.llm.facts import Facts
from recommendations.llm.prompt import VERSION
from recommendations.models import ModelDay, Wording
from smartscheduler.core.db.prepared import rows
from smartscheduler.core.outbound.leases import RowLeases

# Longer than all attempts of one request take.
LEASE = timedelta(seconds=90)
# After two sentences that failed validation, the model is not asked again for the same numbers.
MOST_ATTEMPTS = 2
AFTER_A_FAILURE = timedelta(minutes=1)
DAYS_KEPT = timedelta(days=90)

# Part of every ranking if a model is configured, therefore prepared (smartscheduler.core.db.prepared).
TEXTS = "SELECT key, text FROM recommendations_wording WHERE key = ANY(%s::varchar[]) AND text <> ''"
# A lease is not given if the sentence exists or the attempts are used up.
leases = RowLeases(
    Wording,
    "key",
    updates={"attempts": "held.attempts + excluded.attempts", "asked_at": "excluded.asked_at"},
    condition=f"held.text = '' AND held.attempts < {MOST_ATTEMPTS}",
)


def key_of(facts: Facts) -> str:
    return facts.key(settings.EXPLANATION_MODEL_PROVIDER, settings.EXPLANATION_MODEL_NAME, VERSION)


def texts(keys: Collection[str]) -> dict[str, str]:
    """The stored sentences of these keys. One query."""
    return dict(rows(TEXTS, ["{" + ",".join(keys) + "}"])) if keys else {}


def claim(key: str) -> bool:
    """Take the lease on a missing sentence. Returns whether the caller has it."""
    return bool(leases.take([(key,)], LEASE, text="", reason="", attempts=1, asked_at=timezone.now()))


def keep(key: str, text: str) -> None:
    Wording.objects.filter(pk=key).update(text=text, reason="", until=timezone.now())


def drop(key: str, reason: str) -> None:
    """Note why a sentence failed validation, and end the lease."""
    Wording.objects.filter(pk=key, text="").update(reason=reason, until=timezone.now())


def give_back(key: str) -> None:
    """End the lease after a failed request: it can be repeated after a minute, and does not count as an attempt."""
    later = timezone.now() + AFTER_A_FAILURE
    Wording.objects.filter(pk=key, text="").update(attempts=F("attempts") - 1, until=later)


def forget(keys: Collection[str] | None = None) -> int:
    """Delete sentences, by default all, so that they are requested again; return how many."""
    sentences = Wording.objects.all() if keys is None else Wording.objects.filter(pk__in=keys)
    return sentences.delete()[0]


def prune() -> int:
    """Delete sentences older than settings.EXPLANATION_KEEP_DAYS, and old daily counts; return how many."""
    now = timezone.now()
    old = Wording.objects.filter(asked_at__lt=now - timedelta(days=settings.EXPLANATION_KEEP_DAYS))
    return old.delete()[0] + ModelDay.objects.filter(day__lt=(now - DAYS_KEPT).date()).delete()[0]
