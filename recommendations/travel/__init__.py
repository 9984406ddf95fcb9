"""Road distances from providers: what is requested when, and fallbacks if a provider fails (docs/travel.md)."""
