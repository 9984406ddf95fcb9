"""Handling of stop signals as a KeyboardInterrupt that cannot get lost."""

import signal
from types import FrameType

STOPPING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Interrupts:
    """Between `listen` and `ignore`, a stop signal raises KeyboardInterrupt, and so does every later `check`.

    Python only prints exceptions of destructors and garbage collector callbacks. A signal that arrives during one of
    these is noticed at the next `check`.
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
