"""Settings of a worker whose imports never end or exhaust memory for certain telephone numbers."""

from smartscheduler.imports import cell_formats
from smartscheduler.settings import *  # noqa: F403

EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
FOREVER, GREEDY = "(512) 555-0101", "(512) 555-0102"
read_phone = cell_formats.read_phone


def poisoned(text: str) -> str:
    while text == FOREVER:
        pass
    return text if text != GREEDY else "x" * 10**12 and text


cell_formats.read_phone = lambda text: poisoned(read_phone(text))
