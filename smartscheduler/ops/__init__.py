"""Care for the data: a doctor who examines it, backups and their return, and forgetting what was kept long enough."""
