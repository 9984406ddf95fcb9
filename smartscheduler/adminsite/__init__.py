"""Shared parts of all admin pages: forms that write through services, record actions, lists, fields, and display."""
