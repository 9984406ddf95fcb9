"""Coordinates from postal addresses, by a provider of geopy's, when one is configured."""
