"""The whole suite at moments at which tests that depend on the clock fail."""
