"""The latest events, in order and without a gap: what all sockets of a process share. Pure."""

from collections.abc import Sequence

from smartscheduler.events.event_log import Envelope

# Some megabytes; who is further behind reads the table.
MOST_KEPT = 4_096


class RingBuffer:
    """Every event after `start` up to and including `position`."""

    def __init__(self, most: int = MOST_KEPT) -> None:
        self.start = self.position = 0
        self._most = most
        self._envelopes: list[Envelope] = []

    def begin(self, position: int) -> None:
        """Forget everything; what comes next follows `position`."""
        self.start = self.position = position
        self._envelopes = []

    def add(self, envelopes: Sequence[Envelope]) -> list[Envelope]:
        """Keep those that come next, and return them; repeats are left out, and so is what follows a gap."""
        news = []
        for envelope in envelopes:
            if envelope["sequence"] == self.position + 1:
                self.position += 1
                news.append(envelope)
        self._envelopes += news
        # Now and then and not each time: what stays would have to be moved.
        if len(self._envelopes) >= 2 * self._most:
            self.drop(self.position - self._most)
        return news

    def drop(self, upto: int) -> None:
        """Keep nothing up to and including `upto`, as far as that has come."""
        upto = min(upto, self.position)
        if upto > self.start:
            self._envelopes = self._envelopes[upto - self.start :]
            self.start = upto

    def since(self, position: int, most: int | None = None) -> list[Envelope] | None:
        """What is known to follow `position`, `most` at most; None when some of it is no longer kept."""
        if position < self.start:
            return None
        first = position - self.start
        return self._envelopes[first : None if most is None else first + most]
