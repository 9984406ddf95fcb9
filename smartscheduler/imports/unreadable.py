"""Refusal of a whole file."""

from smartscheduler.errors import InvalidInput


class UnreadableFile(InvalidInput):
    """A file that cannot be read, or that exceeds a limit.

    The child process that reads files does not set up Django and cannot translate. So `message` is marked with
    gettext_noop, and the parent process translates it and fills in `values`.
    """

    def __init__(self, message: str, **values: str | int) -> None:
        text = message.format(**values)
        super().__init__(text, errors={"file": [text]})
        self.message, self.values = message, values
