"""The demo world: contractors and jobs around six US metros, and the story told in a terminal.

Everything follows from a seed, the index of the record and the present day, so that a second run finds
what the first one made, and a larger one adds to it.
"""
