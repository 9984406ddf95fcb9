"""Readers of values as people type them: lengths of time, moments, phone numbers, names. Pure, bounded and linear.

A reader returns one value or raises UnreadableText, whose message states the rule and an example. Where a text has two
usual meanings it either refuses, or returns the assumption as a note for the person who typed it.
"""


class UnreadableText(ValueError):
    """Text that has no meaning, or more than one. The message is a translated sentence for the person who typed it."""
