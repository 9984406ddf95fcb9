"""Recovery codes: ten, each good once, shown once, and kept in a form that does not tell them."""

import secrets
from base64 import b32encode

from django.conf import settings
from django.utils.crypto import salted_hmac
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken

from smartscheduler.accounts.models import User

HOW_MANY = 10
# Without what looks alike on paper; ten of them are 49 bits.
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
LENGTH = 10
# What fits into the 16 characters that django-otp has for a code.
DIGEST_BYTES = 10


def renew(user: User) -> list[str]:
    """New codes in the place of those that there are; these are good no longer."""
    StaticDevice.objects.filter(user=user).delete()
    device = StaticDevice.objects.create(user=user, name="recovery codes")
    codes = ["".join(secrets.choice(LETTERS) for _ in range(LENGTH)) for _ in range(HOW_MANY)]
    StaticToken.objects.bulk_create(StaticToken(device=device, token=_digest(user, code)) for code in codes)
    return [f"{code[: LENGTH // 2]}-{code[LENGTH // 2 :]}" for code in codes]


def left(user: User) -> int:
    """How many codes have not been used."""
    return StaticToken.objects.filter(device__user=user).count()


def spend(device: StaticDevice, user: User, code: str) -> bool:
    """Whether it is one of the codes; it is none from now on. A wrong one counts against the device."""
    known = [_digest(user, code, key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]
    found = device.token_set.filter(token__in=known).first()
    return bool(device.verify_token(found.token if found else known[0]))


def _digest(user: User, code: str, key: str | bytes | None = None) -> str:
    """Keyed with SECRET_KEY: whoever has the database alone cannot try all codes that there are."""
    made = salted_hmac("smartscheduler.recovery-code", f"{user.pk}:{code}", secret=key, algorithm="sha256")
    return b32encode(made.digest()[:DIGEST_BYTES]).decode().lower()
