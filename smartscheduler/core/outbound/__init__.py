"""Outgoing HTTP requests, restricted to configured providers (docs/adr/023)."""
