"""Placeholder values for the personal data of erased people (smartscheduler.privacy)."""

# A domain that never receives email (RFC 2606).
DOMAIN = "erased.invalid"
ADDRESS = "(erased)"
ZIP_CODE = "00000"
PHONE_NUMBER = "(000) 000-0000"


def address_of(pseudonym: str) -> str:
    """A unique email address for a pseudonym such as `Former contractor 7`."""
    return f"{pseudonym.lower().replace(' ', '-')}@{DOMAIN}"


def is_erased(email: str) -> bool:
    """Whether the address belongs to an erased person."""
    return email.endswith(f"@{DOMAIN}")
