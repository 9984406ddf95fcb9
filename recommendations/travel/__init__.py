"""Road distances from providers: who is asked, about what, when, and what happens when they do not answer (docs/travel.md)."""
