"""Who should do this job, when, and why."""

__version__ = "0.1.0"
