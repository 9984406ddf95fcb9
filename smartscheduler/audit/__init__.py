"""Who signed in, took data out, and changed what others may do (docs/operations.md)."""
