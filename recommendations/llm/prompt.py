"""The prompt of the language model: numbers and fixed text, nothing that a user has written. Pure.

VERSION is part of the key of stored sentences. Increase it with each change of the prompt or the validator, so that
sentences are requested again.
"""

import json

from recommendations.llm.facts import CONTRACTOR, DAY, Facts
from recommendations.llm.validator import ALLOWED_WORDS, MOST_CHARACTERS

VERSION = "1"
# Limit on the response; enough for MOST_CHARACTERS.
MOST_TOKENS = 300
SYSTEM = f"""\
You word the explanation of one entry of a ranking. Who reads it wants to understand a contractor's score for a job.
The user message is JSON with figures. Answer with one to three sentences of plain English and nothing else: at most
{MOST_CHARACTERS} characters, one line, no markup, no quotes, no links.

Write {CONTRACTOR} where the contractor's name belongs, and {DAY} exactly once, where the first free day belongs.
Use figures exactly as given, in digits, and only in these forms:
- "on the desired day" when days_later_than_desired is 0, else "2 days later than desired" (say one of them)
- "4 slots" or "1 slot"
- "rated 4.60 of 5", "12 customers"; "not rated yet" when rating_of_5 is null (say the one that holds)
- "6.3 miles" (say it), "14 min", "by road" or "by a straight line" as distance_by says
- "score of 0.8612" (say it), "availability part 1.0000", "rating part 0.9200", "distance part 0.8740"
- "availability weighs 40%", "rating weighs 35%", "distance weighs 25%", "availability, rating and distance"
Use no other number, no number as a word, and no other words than these: {" ".join(sorted(ALLOWED_WORDS))}, first free.
Do not compare, praise, advise or conclude. Anything else is thrown away.
"""


def question(facts: Facts) -> str:
    return json.dumps(facts.as_prompt(), sort_keys=True)


def most_tokens(facts: Facts) -> int:
    """An upper estimate of the tokens of a call: tokens are rarely shorter than two characters."""
    return (len(SYSTEM) + len(question(facts))) // 2 + MOST_TOKENS
