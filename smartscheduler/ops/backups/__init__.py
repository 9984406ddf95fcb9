"""Backups that are known to be good, and their return (docs/operations.md)."""


class BackupError(Exception):
    """It cannot be done; the message is one sentence that says what to do. Nothing was changed."""
