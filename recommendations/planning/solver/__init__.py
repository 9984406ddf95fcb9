"""Solver of planning problems: regret insertion, local search, and column generation on HiGHS (docs/planning.md)."""

from recommendations.planning.solver.effort import EFFORTS, Effort
from recommendations.planning.solver.progress import Listener, Phase, Progress, Signal, SolveCancelled
from recommendations.planning.solver.run import HAS_BOUND, solve

__all__ = ["EFFORTS", "HAS_BOUND", "Effort", "Listener", "Phase", "Progress", "Signal", "SolveCancelled", "solve"]
