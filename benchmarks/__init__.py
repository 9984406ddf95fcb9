"""What `make bench` runs: seeded worlds, the ranking against other ways to rank, and whether all agree."""
