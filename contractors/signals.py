"""Signals for apps that depend on contractors."""

from django.dispatch import Signal

# Sent with the locked `contractor` before deactivation. A receiver prevents the deactivation by raising a domain error.
leaving_service = Signal()
