"""Settings of a worker whose imports never end or exhaust memory for certain telephone numbers."""

from smartscheduler.core.entry import phone_numbers
from smartscheduler.settings import *  # noqa: F403
from tests.imports.child_calls import FOREVER, GREEDY

EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
compact_number = phone_numbers.compact_number


def poisoned(text: str) -> str:
    while text == FOREVER:
        pass
    return text if text != GREEDY else "x" * 10**12 and text


phone_numbers.compact_number = lambda number: poisoned(compact_number(number))
