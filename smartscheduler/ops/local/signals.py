"""The signals that ask us to stop, as a KeyboardInterrupt that cannot get lost."""

import signal
from types import FrameType

STOPPING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Interrupts:
    """From `listen` to `ignore` a signal raises KeyboardInterrupt where we are, and again at every `check`.

    Python prints and forgets what is raised in a destructor or a callback of the garbage collector; a signal
    that comes in just that moment is noticed at the next check.
    """

    def __init__(self) -> None:
        self._came = False

    def listen(self) -> None:
        for number in STOPPING:
            signal.signal(number, self._come)

    def ignore(self) -> None:
        for number in STOPPING:
            signal.signal(number, signal.SIG_IGN)

    def check(self) -> None:
        if self._came:
            raise KeyboardInterrupt

    def _come(self, number: int, frame: FrameType | None) -> None:
        self._came = True
        raise KeyboardInterrupt
