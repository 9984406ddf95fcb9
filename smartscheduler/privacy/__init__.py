"""Personal data: inventory, export for the person, and erasure (docs/privacy.md)."""
