"""What processes count while they work, added up in Valkey over all of them (docs/adr/018)."""
