"""Progress of a solver run: what a listener sees, and how it stops or cancels the run."""

from collections.abc import Callable, Sequence
from enum import Enum
from time import monotonic
from typing import NamedTuple

from recommendations.planning.problem import Placement

# Seconds between two calls of the listener without an improvement. They never influence the result.
PAUSE = 0.25


class Signal(Enum):
    """Answer of a listener."""

    CONTINUE = "continue"
    STOP = "stop"
    CANCEL = "cancel"


class Phase(Enum):
    """What the solver does."""

    SEARCH = "search"
    PRICING = "pricing"
    PROOF = "proof"
    DONE = "done"


class Progress(NamedTuple):
    """Best placements so far with their worth, and the bound if one is known; `done` is a percentage of the limits."""

    phase: Phase
    done: int
    placements: Sequence[Placement]
    worth: int
    bound: int | None


Listener = Callable[[Progress], Signal]


class SolveCancelled(Exception):
    """The listener cancelled the run; there is no solution."""


class SolveStopped(Exception):
    """The listener stopped the run; the best solution so far is the result."""


class Monitor:
    """Reports the progress of one part as progress of the whole, and turns signals into exceptions."""

    def __init__(self, listen: Listener | None) -> None:
        self._listen = listen
        self._last = monotonic()
        self._phase, self._done = Phase.SEARCH, 0
        self.stopped = False
        self._error: BaseException | None = None
        self._snapshot: Callable[[], tuple[Sequence[Placement], int, int | None]] = lambda: ((), 0, None)
        self._from, self._to = 0.0, 100.0

    def watch(
        self,
        snapshot: Callable[[], tuple[Sequence[Placement], int, int | None]],
        begin: float = 0.0,
        end: float = 100.0,
    ) -> None:
        """Take best placements, worth and bound of the whole from this function, for these percentages of the run."""
        self._snapshot, self._from, self._to = snapshot, begin, end

    def phase(self, phase: Phase, share: float) -> None:
        """Enter a phase, or go on in it; `share` of the part is done."""
        self._phase = phase
        self._done = max(self._done, int(self._from + (self._to - self._from) * min(1.0, share)))
        self.tick()

    def improved(self) -> None:
        """Report a better solution at once."""
        self._report()

    def tick(self) -> None:
        """Report if the last report is some time ago. Raises SolveStopped or SolveCancelled."""
        if self._error is not None:
            raise self._error
        if self.stopped:
            raise SolveStopped
        if self._listen and monotonic() - self._last > PAUSE:
            self._report()

    def poll(self) -> bool:
        """Whether the run must end. For callbacks from other languages: the exception waits for the next `tick`."""
        try:
            self.tick()
        except Exception as error:
            self._error = None if isinstance(error, SolveStopped) else error
            return True
        return False

    def _report(self) -> None:
        if self._listen is None:
            return
        self._last = monotonic()
        signal = self._listen(Progress(self._phase, self._done, *self._snapshot()))
        if signal is Signal.CANCEL:
            raise SolveCancelled
        if signal is Signal.STOP:
            self.stopped = True
            raise SolveStopped
