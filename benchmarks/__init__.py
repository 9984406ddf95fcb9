"""Benchmarks: the ranking in seeded worlds, compared with other implementations of the same result."""
