"""How long things are kept, and how they go (docs/operations.md)."""
