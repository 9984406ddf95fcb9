"""How long a page may offer Undo, so that an undone change sends no message."""

from datetime import timedelta

from django.conf import settings

# Between the last moment of Undo and the due time of the message: the request, the event, and the next run of the
# worker, which drops messages that are not due within seconds (redundant_messages.MARGIN).
TO_DROP_MESSAGES = timedelta(seconds=15)


def undo_offered() -> timedelta:
    """Time after a change in which it can be undone before its message is due; zero if messages do not wait."""
    return max(timedelta(0), settings.MAIL_DELAY - TO_DROP_MESSAGES)
