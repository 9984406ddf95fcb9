"""HTTP that the product sends out: to the places that are configured, and to nowhere else (docs/adr/023)."""
