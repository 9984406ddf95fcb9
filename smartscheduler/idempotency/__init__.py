"""A request with an `Idempotency-Key` is carried out once, however often it arrives."""
