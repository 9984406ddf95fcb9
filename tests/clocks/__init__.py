"""Runs the test suite at times at which clock-dependent tests fail."""
