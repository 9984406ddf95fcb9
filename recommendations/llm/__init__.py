"""Rewording of explanations: a language model writes a sentence from the numbers of a score (docs/explanations.md)."""
