"""Text of the keys of service accounts: `ssk_`, a visible part, a secret part and a checksum.

The fixed prefix and the checksum let scanners of source code and logs recognize a leaked key without asking this
server. The secret part has 190 bits, so its plain SHA-256 can be stored: it cannot be guessed from its hash.
"""

import hashlib
import re
import secrets
import string
import zlib

PREFIX = "ssk_"
ALPHABET = string.digits + string.ascii_letters
VISIBLE, SECRET, CHECKSUM = 8, 32, 6
# Length of the part that pages and logs may show.
SHOWN = len(PREFIX) + VISIBLE
KEY = re.compile(rf"{PREFIX}[0-9A-Za-z]{{{VISIBLE + SECRET + CHECKSUM}}}\Z")


def new_key() -> str:
    body = PREFIX + "".join(secrets.choice(ALPHABET) for _ in range(VISIBLE + SECRET))
    return body + _checksum(body)


def is_key(text: str) -> bool:
    """Whether the text has the form and the checksum of a key. It says nothing of whether the key exists."""
    return KEY.match(text) is not None and text[-CHECKSUM:] == _checksum(text[:-CHECKSUM])


def digest_of(key: str) -> str:
    """The SHA-256 of a key in hexadecimal, which is stored in its place."""
    return hashlib.sha256(key.encode()).hexdigest()


def _checksum(body: str) -> str:
    """CRC-32 of the text in base 62, six digits."""
    rest, digits = zlib.crc32(body.encode()), ""
    for _ in range(CHECKSUM):
        rest, digit = divmod(rest, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    return digits
