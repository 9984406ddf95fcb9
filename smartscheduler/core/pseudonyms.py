"""What stands in the place of an erased person (smartscheduler.privacy)."""

# A domain that no mail ever reaches (RFC 2606).
DOMAIN = "erased.invalid"
ADDRESS = "(erased)"
ZIP_CODE = "00000"
PHONE_NUMBER = "(000) 000-0000"


def address_of(pseudonym: str) -> str:
    """`Former contractor 7` as a mail address of its own."""
    return f"{pseudonym.lower().replace(' ', '-')}@{DOMAIN}"


def is_erased(email: str) -> bool:
    """Whether the address is that of somebody who was erased."""
    return email.endswith(f"@{DOMAIN}")
