"""Key of an authenticator: as text, as an otpauth URI, and as a QR code."""

from base64 import b32encode

import segno
from django.utils.safestring import SafeString, mark_safe
from django_otp.plugins.otp_totp.models import TOTPDevice
from django_otp.util import random_hex

from smartscheduler.accounts.models import User

KEY_BYTES = 20  # 160 bits, as RFC 4226 recommends


def new_key() -> str:
    return str(random_hex(KEY_BYTES))


def as_text(key: str) -> str:
    """Base32 in groups of four, for manual entry."""
    text = b32encode(bytes.fromhex(key)).decode()
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def address(user: User, key: str) -> str:
    """The otpauth:// URI that authenticator apps read."""
    return str(TOTPDevice(user=user, key=key).config_url)


def picture(address: str) -> SafeString:
    """QR code of the URI as inline SVG, drawn here so that the key is not sent to another server."""
    drawn = segno.make(address, error="m", micro=False)
    return mark_safe(drawn.svg_inline(scale=5, border=4, omitsize=True))  # noqa: S308  (made of numbers)
