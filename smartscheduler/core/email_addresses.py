"""Normal forms of e-mail addresses. Pure; docs/adr/029 explains why accounts and contractors differ."""

import idna

LONGEST = 254
NOT_ASCII = "The address may contain ASCII letters, digits and signs only, without blanks."
NOT_A_DOMAIN = "The domain of the address is not valid."


class UnsuitableAddress(ValueError):
    """An address that a field does not take. The message names the rule."""


def account_address(text: str) -> str:
    """The address under which an account is stored: ASCII, lower case. Raises UnsuitableAddress."""
    address = text.strip().lower() if text.isascii() else text
    if not _is_plain(address):
        raise UnsuitableAddress(NOT_ASCII)
    return address


def account_key(text: str) -> str:
    """The same for text that someone typed to sign in, for look-ups and counts.

    Text that is no account's address is returned as it is: it finds no account and is counted by itself.
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
    """The key under which two spellings are one contractor's address: `contact_address` in lower case.

    Text that is no address is returned as it is.
    """
    try:
        return contact_address(text).lower()
    except UnsuitableAddress:
        return text.strip()


def _ascii_domain(domain: str) -> str:
    # Cut first: the checks of RFC 5893 look at every letter.
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
