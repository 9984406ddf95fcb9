"""Why a provider has given no answer. Texts are for people: no key and no address is in them."""


class ProviderError(Exception):
    """The provider failed; the next one is asked."""


class TryAgain(ProviderError):
    """It may work in a moment: 429, 5xx, a time-out, a broken connection. `wait`: the seconds of Retry-After."""

    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


class Rejected(ProviderError):
    """It will not work as it was asked: another 4xx."""


class BadItem(Rejected):
    """One item of the request spoils all of it; the provider itself is well."""


class Nonsense(ProviderError):
    """It answered, and the answer cannot be read or not believed."""


class NotAsked(ProviderError):
    """It was not asked at all: no budget, an open breaker, a rest that it wanted."""
