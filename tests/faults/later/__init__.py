"""An app of a future release whose migration needs an exclusive lock on the jobs table."""
