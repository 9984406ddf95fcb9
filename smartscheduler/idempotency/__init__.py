"""Idempotency keys: a POST with an `Idempotency-Key` is processed once; repeats get the stored response."""
