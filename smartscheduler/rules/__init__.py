"""Scheduling rules: weights, limits and speeds, published in versions by an administrator (docs/ranking.md)."""
