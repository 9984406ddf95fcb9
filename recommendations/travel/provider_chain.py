"""The chain of spec section 11: each drive is asked of one provider after the other, until one knows it."""

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

# Until a place that spoils a request has been found among six hundred.
MOST_SPLITS = 10


@dataclass
class Asked:
    """What has become of some drives: estimates to keep, and those of which nothing could be learned now."""

    estimates: dict[Pair, NewEstimate] = field(default_factory=dict)
    failed: set[Pair] = field(default_factory=set)


def ask(pairs: Iterable[Pair], depart_at: datetime, pace: Pace) -> Iterator[Asked]:
    """Each provider in turn about what is still not known; a result for every matrix, so none waits for the others.

    A drive for which no provider has a road, although all were there, gets the estimate of the straight line at `pace`.
    """
    left: dict[Pair, str] = dict.fromkeys(pairs, "")
    some_failed: set[Pair] = set()
    for provider in providers():
        for batch in list(batches(left, min(provider.most_elements, provider.most_a_side))):
            for part, answers in _matrix(provider, batch, depart_at):
                if answers is None:
                    some_failed.update(part.pairs)
                    continue
                asked = _sorted_out(provider, answers, left)
                if asked.estimates:
                    yield asked
    unknown = {pair: reason for pair, reason in left.items() if pair not in some_failed}
    yield Asked({pair: straight_line(pair, reason, pace) for pair, reason in unknown.items()}, {*left} & some_failed)


def _matrix(
    provider: Provider, batch: Batch, depart_at: datetime, splits: int = MOST_SPLITS
) -> Iterator[tuple[Batch, dict[Pair, NewEstimate | Refusal] | None]]:
    """The batch with its answers, or with None; in parts when one place spoils it."""
    try:
        found = matrix_of(provider, [*map(center, batch.origins)], [*map(center, batch.destinations)], depart_at)
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
        yield batch, dict(zip(batch.pairs, (one for row in found for one in row), strict=True))


def _sorted_out(provider: Provider, answers: dict[Pair, NewEstimate | Refusal], left: dict[Pair, str]) -> Asked:
    """The estimates among the answers; `left` loses them, and learns why the others have none."""
    known = {pair: one for pair, one in answers.items() if isinstance(one, NewEstimate)}
    refused = {pair: one for pair, one in answers.items() if isinstance(one, Refusal)}
    for pair in known:
        del left[pair]
    for pair, one in refused.items():
        left[pair] = f"{one.reason} by {provider.name}"
    if refused:
        budget.note_refused(provider.name, len(refused))
    return Asked(known)


def straight_line(pair: Pair, reason: str, pace: Pace) -> NewEstimate:
    """What is kept when nobody knows a road."""
    ((found,),) = GreatCircle(pace).matrix([center(pair.origin)], [center(pair.destination)], timezone.now())
    assert isinstance(found, NewEstimate), "it always answers"  # noqa: S101
    return found._replace(note=reason[:60])
