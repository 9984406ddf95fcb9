"""Errors of the embedded servers."""


class EmbeddedServerError(Exception):
    """An embedded server failed. The message says what to do."""
