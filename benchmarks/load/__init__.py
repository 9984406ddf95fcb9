"""Load and soak tests: the whole product under simulated use, with a check of all acknowledged changes."""
