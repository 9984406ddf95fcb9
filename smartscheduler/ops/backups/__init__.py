"""Verified backups and their restore (docs/operations.md)."""


class BackupError(Exception):
    """A backup or restore failed without changing anything. The message says what to do."""
