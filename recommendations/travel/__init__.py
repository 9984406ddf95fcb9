"""Road distances from providers: who is asked about what, and when, and what if nobody answers (docs/travel.md)."""
