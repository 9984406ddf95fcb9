"""Validation of a sentence by the language model: all figures true, the needed ones present, known words only. Pure.

It is an allowlist: wrong statements have no end, so only what is known to be right may be in a sentence. No word of the
list praises, compares, advises, denies or counts.
"""

import re

from recommendations.llm.facts import CONTRACTOR, DAY, Facts
from recommendations.llm.figure_grammar import figures, needed, without_figures

MOST_CHARACTERS, MOST_SENTENCES = 420, 4
# The words that may remain after the figures are removed, in lower case.
VOCABULARY = """
a about across add adds also an and are as at away available base be because brings by come comes contractor customers
drive driving explains for free from give gives giving has have here in into is it its job made make makes making of
offer offering offers on open opening openings out rated road score scores site slot slots so sum take takes taking
that the their there these they this to together total totals travel travels up which who with work works
"""
ALLOWED_WORDS = frozenset(VOCABULARY.split())
FIRST = re.compile(r"\bfirst (?:free|available)\b", re.IGNORECASE)
ALLOWED = re.compile(r"[A-Za-z0-9 .,;:()=×+%'’–—{}-]*")
TOKEN = re.compile(r"[a-z]+(?:['’-][a-z]+)*|\S")
PUNCTUATION = set(".,;:()–—")


def problem(text: str, facts: Facts) -> str:
    """Why the sentence cannot be shown, as a label of the metrics; empty if it can."""
    if not text or len(text) > MOST_CHARACTERS:
        return "length"
    if not ALLOWED.fullmatch(text):
        return "characters"
    if text.count(CONTRACTOR) > 2 or text.count(DAY) != 1:
        return "placeholders"
    in_text = list(figures(text, facts))
    if not all(figure.true for figure in in_text):
        return "figures"
    if not needed(facts) <= {figure.means for figure in in_text}:
        return "missing"
    return _unknown_words(without_figures(text))


def _unknown_words(text: str) -> str:
    plain = FIRST.sub("free", text.replace(CONTRACTOR, " ").replace(DAY, " ")).lower()
    if len(re.findall(r"\.(?:\s|$)", plain)) > MOST_SENTENCES:
        return "length"
    tokens = [token for token in TOKEN.findall(plain) if token not in PUNCTUATION]
    if any(token.isdigit() or token in {"%", "=", "+", "×"} for token in tokens):
        return "figures"
    return "" if all(token in ALLOWED_WORDS for token in tokens) else "words"
