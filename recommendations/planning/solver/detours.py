"""Travel that a detour could save where prices break the triangle inequality, as road distances and rounding do.

A job that earns nothing in pricing can still be part of the best route if the way through its site is cheaper than the
direct one. Pricing may leave out a job only if its reward is below the most that such a detour could save.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from recommendations.planning.problem import Option
from recommendations.planning.solver.routes import Network

FAR = 10**9

Ints = NDArray[np.int64]


def savings(network: Network) -> Ints:
    """The most that a detour through the site of each option could save, in the order of segments and their options."""
    sites = sorted(set(network.sites))
    number = {site: position for position, site in enumerate(sites)}
    via = np.full((len(sites), len(sites)), FAR, np.int64)
    for site in sites:
        for other, leg in network.legs[site].items():
            if other in number:
                via[number[site], number[other]] = leg.price
    places = [number[site] for site in network.sites]
    return np.concatenate([np.zeros(0, np.int64), *_by_segment(network, via, places)])


def _by_segment(network: Network, via: Ints, places: Sequence[int]) -> Iterator[Ints]:
    """Savings by option of each segment: between two of its other jobs, or at its ends."""
    for segment, by_job in enumerate(network.by_segment):
        if by_job:
            options = list(by_job.values())
            positions = [places[option.job] for option in options]
            between = via[np.ix_(positions, positions)]
            at_the_ends = _at_the_ends(network.problem.segments[segment].price, options, between)
            yield np.maximum(_between(between), at_the_ends)


def _between(via: Ints) -> Ints:
    direct = np.where(via == FAR, -FAR, via)
    saved = np.zeros(len(via), np.int64)
    for job in range(len(via)):
        saved[job] = (direct - via[:, job, None] - via[None, job, :]).max()
    return saved


def _at_the_ends(price: int, options: Sequence[Option], between: Ints) -> int:
    before = np.array([option.price_before for option in options], np.int64)
    after = np.array([option.price_after for option in options], np.int64)
    if not price and not before.any() and not after.any():
        return 0
    return max(
        0,
        price - int((before + after).min()),
        int((before[None, :] - before[:, None] - between).max()),
        int((after[:, None] - between - after[None, :]).max()),
    )
