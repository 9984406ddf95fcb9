"""History: author, time, old and new values of each change, recorded by triggers in append-only tables."""
