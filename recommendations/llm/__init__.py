"""Explanations in other words: a language model words what a ranking says, from its numbers (docs/explanations.md)."""
