"""Plans: proposals for many jobs together, accepted in parts (docs/planning.md)."""
