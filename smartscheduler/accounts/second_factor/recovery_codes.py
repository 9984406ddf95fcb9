"""Recovery codes: ten single-use codes, shown once and stored as keyed hashes."""

import secrets
from base64 import b32encode

from django.conf import settings
from django.utils.crypto import salted_hmac
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken

from smartscheduler.accounts.models import User

HOW_MANY = 10
# No characters that look alike on paper. Ten characters have 49 bits.
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
LENGTH = 10
# 10 bytes in Base32 fill the 16 characters of django-otp's token field.
DIGEST_BYTES = 10


def renew(user: User) -> list[str]:
    """Replace the recovery codes of `user`. Returns the new codes; the previous ones stop working."""
    StaticDevice.objects.filter(user=user).delete()
    device = StaticDevice.objects.create(user=user, name="recovery codes")
    codes = ["".join(secrets.choice(LETTERS) for _ in range(LENGTH)) for _ in range(HOW_MANY)]
    StaticToken.objects.bulk_create(StaticToken(device=device, token=_digest(user, code)) for code in codes)
    return [f"{code[: LENGTH // 2]}-{code[LENGTH // 2 :]}" for code in codes]


def left(user: User) -> int:
    """Number of unused codes."""
    return StaticToken.objects.filter(device__user=user).count()


def spend(device: StaticDevice, user: User, code: str) -> bool:
    """Use a code. Returns whether it was valid. A wrong code counts toward the throttling of the device."""
    known = [_digest(user, code, key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]
    stored = device.token_set.filter(token__in=known).first()
    return bool(device.verify_token(stored.token if stored else known[0]))


def _digest(user: User, code: str, key: str | bytes | None = None) -> str:
    """Hash keyed with SECRET_KEY: a leaked database alone does not allow a brute-force search for the codes."""
    mac = salted_hmac("smartscheduler.recovery-code", f"{user.pk}:{code}", secret=key, algorithm="sha256")
    return b32encode(mac.digest()[:DIGEST_BYTES]).decode().lower()
