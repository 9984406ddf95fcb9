"""Leases: the right of one worker at a time to do something, which ends by itself when the worker dies or freezes."""
