"""Whether a sentence of a model may be shown: every figure true, all that matter there, and not a word more. Pure.

Nothing is looked for that is wrong, since there is no end of that; only what is known to be right may stand there.
Words are those of a list in which nothing praises, compares, advises, denies or counts.
"""

import re

from recommendations.llm.facts import CONTRACTOR, DAY, Facts
from recommendations.llm.figure_grammar import figures, needed, without_figures

MOST_CHARACTERS, MOST_SENTENCES = 420, 4
# With figures taken out, and in lower case.
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
    """Why the sentence cannot be shown, as one of a few words for the metrics; empty when it can."""
    if not text or len(text) > MOST_CHARACTERS:
        return "length"
    if not ALLOWED.fullmatch(text):
        return "characters"
    if text.count(CONTRACTOR) > 2 or text.count(DAY) != 1:
        return "placeholders"
    found = list(figures(text, facts))
    if not all(one.true for one in found):
        return "figures"
    if not needed(facts) <= {one.means for one in found}:
        return "missing"
    return _unknown_words(without_figures(text))


def _unknown_words(text: str) -> str:
    plain = FIRST.sub("free", text.replace(CONTRACTOR, " ").replace(DAY, " ")).lower()
    if len(re.findall(r"\.(?:\s|$)", plain)) > MOST_SENTENCES:
        return "length"
    tokens = [one for one in TOKEN.findall(plain) if one not in PUNCTUATION]
    if any(token.isdigit() or token in {"%", "=", "+", "×"} for token in tokens):
        return "figures"
    return "" if all(token in ALLOWED_WORDS for token in tokens) else "words"
