"""Signed links to the rating of a completed visit. A link needs no sign-in, expires, and rates once."""

from uuid import UUID

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils.http import urlencode

SALT = "smartscheduler.rating"
# Characters of a token; longer ones are not verified.
LONGEST_TOKEN = 200


class LinkInvalid(Exception):
    """Not a link of this product, or a changed one."""


class LinkExpired(Exception):
    """A link of this product that is older than settings.RATING_LINK."""


def rating_path(assignment_id: UUID) -> str:
    """The path of the page that rates this assignment.

    The token is in the query string, because logs contain paths, and a token in a log could be used.
    """
    token = signing.dumps(assignment_id.hex, salt=SALT)
    return f"{reverse('customer_pages:rating')}?{urlencode({'visit': token})}"


def assignment_of(token: str) -> UUID:
    """The id of the assignment. Raises LinkExpired and LinkInvalid."""
    if len(token) > LONGEST_TOKEN:
        raise LinkInvalid
    try:
        return UUID(hex=signing.loads(token, salt=SALT, max_age=settings.RATING_LINK))
    except signing.SignatureExpired as error:
        raise LinkExpired from error
    except (signing.BadSignature, ValueError, TypeError, AttributeError) as error:
        raise LinkInvalid from error
