"""A release to come: an app whose migration wants the table of jobs for itself, if only for a moment."""
