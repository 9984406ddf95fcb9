"""Why there is no answer. Texts are for people and the log: no key, no address is in them."""


class OutgoingError(Exception):
    """There is no answer."""


class Refused(OutgoingError):
    """It was not asked: it is not where a provider may be."""


class TimedOut(OutgoingError):
    """It did not answer, or did not end, in time."""


class Broken(OutgoingError):
    """There was no connection, or it broke."""


class Unreadable(OutgoingError):
    """It answered, and that is no HTTP, too long, or packed."""
