"""Questions that contractors ask of the apps above them."""

from django.dispatch import Signal

# Sent with the locked `contractor` before it is taken out of service; a receiver that raises a domain error refuses.
leaving_service = Signal()
