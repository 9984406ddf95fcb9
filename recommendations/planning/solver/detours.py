"""Travel that a detour could save where prices break the triangle inequality, as road distances and rounding do.

A job that earns nothing in pricing can still be part of the best route if the way through its site is cheaper than the
direct one. Pricing may leave out a job only if its reward is below the most that such a detour could save.
"""

import numpy as np
from numpy.typing import NDArray

from recommendations.planning.solver.routes import Network

FAR = 10**9

Ints = NDArray[np.int64]


def savings(network: Network) -> tuple[Ints, Ints]:
    """The most that a detour could save, by job between two other jobs, and by segment at its ends."""
    sites = sorted(set(network.sites))
    number = {site: position for position, site in enumerate(sites)}
    via = np.full((len(sites), len(sites)), FAR, np.int64)
    for site in sites:
        for other, leg in network.legs[site].items():
            if other in number:
                via[number[site], number[other]] = leg.price
    direct = np.where(via == FAR, -FAR, via)
    by_site = np.zeros(len(sites), np.int64)
    for site in range(len(sites)):
        by_site[site] = max(0, int((direct - via[:, site, None] - via[None, site, :]).max()))
    by_job = np.array([by_site[number[site]] for site in network.sites], np.int64)
    by_segment = np.zeros(len(network.by_segment), np.int64)
    for segment in range(len(network.by_segment)):
        by_segment[segment] = _at_the_ends(network, segment, via, number)
    return by_job, by_segment


def _at_the_ends(network: Network, segment: int, via: Ints, number: dict[int, int]) -> int:
    options = network.by_segment[segment].values()
    before = np.array([option.price_before for option in options], np.int64)
    after = np.array([option.price_after for option in options], np.int64)
    if not before.any() and not after.any():
        return 0
    positions = [number[network.sites[option.job]] for option in options]
    between = via[np.ix_(positions, positions)]
    return max(
        0,
        network.problem.segments[segment].price - int((before + after).min()),
        int((before[None, :] - before[:, None] - between).max()),
        int((after[:, None] - between - after[None, :]).max()),
    )
