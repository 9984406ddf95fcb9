"""The numbers that scheduling goes by, published in versions by an administrator (docs/ranking.md)."""
