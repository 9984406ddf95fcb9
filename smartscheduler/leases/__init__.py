"""Leases: only one worker at a time does a task, and the lease expires if that worker dies or freezes."""
