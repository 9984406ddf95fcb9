"""Limits of the solver's work. They count steps, never seconds, so that a seed gives the same plan on any machine."""

from typing import NamedTuple


class Effort(NamedTuple):
    """Limits for one connected part of a problem.

    `moves` are steps of the local search, with and without the linear programs after it; `rounds` are linear programs;
    `steps` are extensions of a route in pricing, for one segment and for all together; `routes` is the number of routes
    up to which the proof lists them; `branches` are nodes of the final integer program.
    """

    moves: int
    moves_alone: int
    rounds: int
    steps_a_segment: int
    steps: int
    routes: int
    branches: int


EFFORTS = {
    "quick": Effort(50, 400, 12, 2_000, 400_000, 4_000, 50),
    "normal": Effort(150, 2_000, 120, 20_000, 6_000_000, 20_000, 2_000),
    "thorough": Effort(600, 10_000, 400, 200_000, 60_000_000, 80_000, 20_000),
}
