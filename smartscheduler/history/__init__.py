"""History: who changed what, when, from what to what; written by the database, read by people, changed by nobody."""
