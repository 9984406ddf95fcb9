"""Counters and histograms, summed over all processes in Valkey (docs/adr/018)."""
