"""Buffer of the latest events, in order and without gaps, shared by all sockets of a process. Pure."""

from collections.abc import Sequence

from smartscheduler.events.event_log import Envelope

# A few megabytes. A socket that is further behind reads the table.
MOST_KEPT = 4_096


class RingBuffer:
    """All events after `start` up to and including `position`."""

    def __init__(self, most: int = MOST_KEPT) -> None:
        self.start = self.position = 0
        self._most = most
        self._envelopes: list[Envelope] = []

    def begin(self, position: int) -> None:
        """Clear the buffer; the next event follows `position`."""
        self.start = self.position = position
        self._envelopes = []

    def add(self, envelopes: Sequence[Envelope]) -> list[Envelope]:
        """Add the events that directly follow, and return them. Repeated events and events after a gap are ignored."""
        news = []
        for envelope in envelopes:
            if envelope["sequence"] == self.position + 1:
                self.position += 1
                news.append(envelope)
        self._envelopes += news
        # Trim rarely, because each time moves the remaining events.
        if len(self._envelopes) >= 2 * self._most:
            self.drop(self.position - self._most)
        return news

    def drop(self, upto: int) -> None:
        """Remove the events up to and including `upto`."""
        upto = min(upto, self.position)
        if upto > self.start:
            self._envelopes = self._envelopes[upto - self.start :]
            self.start = upto

    def since(self, position: int, most: int | None = None) -> list[Envelope] | None:
        """At most `most` events after `position`; None when some of them are no longer in the buffer."""
        if position < self.start:
            return None
        first = position - self.start
        return self._envelopes[first : None if most is None else first + most]
