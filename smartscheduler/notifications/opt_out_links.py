"""Signed links with which customers turn off emails.

The link is the authority: no sign-in is needed. The token is in the query, because the log has the paths of requests.
It does not expire, because people keep emails for years.
"""

from uuid import UUID

from django.core import signing
from django.urls import reverse
from django.utils.http import urlencode

SALT = "notifications.opt_out"
PARAMETER = "stop"
# A token is about 60 characters.
LONGEST_TOKEN = 200


class LinkInvalid(Exception):
    """The link was changed, or is none of this product."""


def opt_out_path(customer_id: UUID) -> str:
    token = signing.dumps(customer_id.hex, salt=SALT)
    return f"{reverse('customer_pages:opt-out')}?{urlencode({PARAMETER: token})}"


def customer_of(token: str) -> UUID:
    """The id of the customer. Raises LinkInvalid."""
    if len(token) > LONGEST_TOKEN:
        raise LinkInvalid
    try:
        return UUID(hex=signing.loads(token, salt=SALT))
    except (signing.BadSignature, ValueError, AttributeError, TypeError) as error:
        raise LinkInvalid from error
