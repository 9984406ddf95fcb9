"""Geocoding: coordinates of postal addresses from a configurable provider, through geopy."""
