"""The chain of providers: each drive is requested from one provider after the other until one has a road for it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from django.utils import timezone

from recommendations.travel.batching import Batch, batches
from recommendations.travel.client import matrix_of
from recommendations.travel.matrix import NO_ROAD, Refusal
from recommendations.travel.providers import Provider, providers
from recommendations.travel.providers.great_circle import GreatCircle
from smartscheduler.core.outbound.provider_errors import BadItem, ProviderError
from smartscheduler.places import Pace
from smartscheduler.travel import budget
from smartscheduler.travel.estimates import NewEstimate
from smartscheduler.travel.geocells import Pair, center

# Halvings of a batch that isolate one invalid place; 2^10 exceeds the largest batch of Google Routes (625 elements).
MOST_SPLITS = 10


@dataclass
class Asked:
    """Results of requests: estimates to store, and drives whose requests failed."""

    estimates: dict[Pair, NewEstimate] = field(default_factory=dict)
    failed: set[Pair] = field(default_factory=set)


def ask(pairs: Iterable[Pair], depart_at: datetime, pace: Pace) -> Iterator[Asked]:
    """Request drives from each provider in turn; yield a result for each matrix, so that it can be stored at once.

    A drive for which no provider has a road gets the straight line at `pace`, unless a request for it failed.
    """
    # Drives without a road so far, each with the last reason.
    left: dict[Pair, str] = dict.fromkeys(pairs, "")
    some_failed: set[Pair] = set()
    for provider in providers():
        for batch in list(batches(left, min(provider.most_elements, provider.most_a_side))):
            for part, answers in _matrix(provider, batch, depart_at):
                if answers is None:
                    some_failed.update(part.pairs)
                    continue
                asked = _take_answers(provider, answers, left)
                if asked.estimates:
                    yield asked
    unknown = {pair: reason for pair, reason in left.items() if pair not in some_failed}
    yield Asked({pair: straight_line(pair, reason, pace) for pair, reason in unknown.items()}, {*left} & some_failed)


def _matrix(
    provider: Provider, batch: Batch, depart_at: datetime, splits: int = MOST_SPLITS
) -> Iterator[tuple[Batch, dict[Pair, NewEstimate | Refusal] | None]]:
    """The batch with its answers, or with None if the request failed.

    If the provider rejects the batch because of one place, it is split in halves until that place is isolated.
    """
    try:
        matrix = matrix_of(provider, [*map(center, batch.origins)], [*map(center, batch.destinations)], depart_at)
    except BadItem:
        if len(batch.pairs) == 1:
            yield batch, {batch.pairs[0]: NO_ROAD}
        elif splits:
            for half in batch.halves():
                yield from _matrix(provider, half, depart_at, splits - 1)
        else:
            yield batch, None
    except ProviderError:
        yield batch, None
    else:
        yield batch, dict(zip(batch.pairs, (element for row in matrix for element in row), strict=True))


def _take_answers(provider: Provider, answers: dict[Pair, NewEstimate | Refusal], left: dict[Pair, str]) -> Asked:
    """The estimates among the answers. Removes them from `left`, and notes there why the others have none."""
    known = {pair: answer for pair, answer in answers.items() if isinstance(answer, NewEstimate)}
    refused = {pair: answer for pair, answer in answers.items() if isinstance(answer, Refusal)}
    for pair in known:
        del left[pair]
    for pair, refusal in refused.items():
        left[pair] = f"{refusal.reason} by {provider.name}"
    if refused:
        budget.note_refused(provider.name, len(refused))
    return Asked(known)


def straight_line(pair: Pair, reason: str, pace: Pace) -> NewEstimate:
    """The estimate to store if no provider knows a road."""
    ((estimate,),) = GreatCircle(pace).matrix([center(pair.origin)], [center(pair.destination)], timezone.now())
    assert isinstance(estimate, NewEstimate), "the great circle always has an estimate"  # noqa: S101
    return estimate._replace(note=reason[:60])
