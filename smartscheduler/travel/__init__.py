"""What is known of the roads between places: stored estimates, and how they are read (recommendations.travel asks)."""
