"""Errors of providers. Messages are translated and shown to users, without keys and URLs."""


class ProviderError(Exception):
    """The provider failed; the next provider is used."""


class TryAgain(ProviderError):
    """A temporary failure: 429, 5xx, a time-out, or a broken connection. `wait`: Retry-After in seconds."""

    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


class Rejected(ProviderError):
    """A permanent failure: any other 4xx."""


class BadItem(Rejected):
    """One item of the request is invalid; it does not count as a failure of the provider."""


class Nonsense(ProviderError):
    """The response cannot be parsed or is implausible."""


class NotAsked(ProviderError):
    """No request was sent: the budget is used up, the circuit breaker is open, or the provider asked for a pause."""


class NotCounted(NotAsked):
    """No request was sent, because Valkey, which counts failures and requests, is not available."""
