"""Stored road distances and how they are read; recommendations.travel requests them from providers."""
