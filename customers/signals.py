"""Signals for apps that depend on customers."""

from django.dispatch import Signal

# Sent with the ids `customers` before their rows are locked. A receiver locks its own rows first (docs/adr/002). Sent
# again afterwards, with `wait` false, for rows that came meanwhile: a lock that another transaction holds is an error.
locking = Signal()
# Sent with the locked `customer` and the `actor` after the name or the first phone number has changed.
contact_changed = Signal()
# Sent with the locked `customer`, the ids `refused` of contractors who were refused or no longer are, and the `actor`
# after the preferred or refused contractors have changed.
preferences_changed = Signal()
# Sent with the locked records `source` and `target` and the `actor`. Receivers move their rows and return their number.
merging = Signal()
