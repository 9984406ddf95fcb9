"""Normal forms of email addresses. Pure; docs/adr/029 explains why accounts and contractors differ."""

import idna
from django.utils.translation import gettext_lazy as _

LONGEST = 254
NOT_ASCII = _("Use only ASCII letters, digits, and punctuation, without spaces.")
NOT_A_DOMAIN = _("The domain of the address is not valid.")


class UnsuitableAddress(ValueError):
    """An address that a field does not accept. The message states the rule."""


def account_address(text: str) -> str:
    """The address under which an account is stored: ASCII, lower case. Raises UnsuitableAddress."""
    address = text.strip().lower() if text.isascii() else text
    if not _is_plain(address):
        raise UnsuitableAddress(NOT_ASCII)
    return address


def account_key(text: str) -> str:
    """The look-up key for an address typed at sign-in.

    Text that cannot be an account's address is returned unchanged: it matches no account.
    """
    trimmed = text.strip()
    return trimmed.lower() if trimmed.isascii() else trimmed


def contact_address(text: str) -> str:
    """The form in which a contractor's address is stored: the local part as written, the domain in ASCII lower case.

    An internationalized domain becomes its A-labels (RFC 5891, mapped by UTS 46). Raises UnsuitableAddress.
    """
    local, at, domain = text.strip().rpartition("@")
    address = f"{local}@{_ascii_domain(domain)}" if at else domain
    if not _is_plain(address):
        raise UnsuitableAddress(NOT_ASCII)
    return address


def contact_key(text: str) -> str:
    """The key that is equal for two spellings of a contractor's address: `contact_address` in lower case.

    Text that is not an address is returned unchanged, without surrounding spaces.
    """
    try:
        return contact_address(text).lower()
    except UnsuitableAddress:
        return text.strip()


def _ascii_domain(domain: str) -> str:
    # Check the length first: the bidi rules of RFC 5893 check every letter.
    if len(domain) > LONGEST:
        raise UnsuitableAddress(NOT_A_DOMAIN)
    try:
        if domain.isascii() and "xn--" not in domain.lower():
            return domain.lower()
        return idna.encode(domain, uts46=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError) as error:
        raise UnsuitableAddress(NOT_A_DOMAIN) from error


def _is_plain(address: str) -> bool:
    return address.isascii() and address.isprintable() and " " not in address
