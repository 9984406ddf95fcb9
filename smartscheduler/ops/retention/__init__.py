"""Retention periods and the deletion of old data (docs/operations.md)."""
