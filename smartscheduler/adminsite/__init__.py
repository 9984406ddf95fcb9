"""What every admin page shares: writing through services, acts with a button, fields, and how things look."""
