"""Demo data: contractors and jobs around six US metros, and the walkthrough in the terminal.

All data depends only on a seed, the index of the record, and the present day. A second run finds the records of the
first one, and a larger run adds to them.
"""
