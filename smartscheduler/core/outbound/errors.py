"""Errors of outgoing HTTP requests. Messages are translated, shown and logged, without keys and URLs."""


class OutgoingError(Exception):
    """The request has no usable response."""


class Refused(OutgoingError):
    """The request was not sent, because its address is not allowed."""


class TimedOut(OutgoingError):
    """The response did not arrive or did not end in time."""


class Broken(OutgoingError):
    """The connection failed or broke."""


class Unreadable(OutgoingError):
    """The response is not valid HTTP, is too long, or is compressed."""
