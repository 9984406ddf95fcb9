"""Accounts: kept, and those that the product makes by itself."""

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction

from smartscheduler.accounts.active_sign_ins import revoke_all
from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Role

LOGINS = {
    "admin@example.com": ("Avery Admin", Role.ADMINISTRATOR),
    "coordinator@example.com": ("Casey Coordinator", Role.COORDINATOR),
    "manager@example.com": ("Morgan Manager", Role.MANAGER),
}


@transaction.atomic
def keep_account(user: User, *, sign_out: bool = False) -> User:
    """Save an account as an administrator has left it; one that is switched off is signed out for good.

    Without that, its sessions and tokens would come back to life when it is switched on again.
    """
    user.save()
    if sign_out or not user.is_active:
        revoke_all(user)
    return user


@transaction.atomic
def ensure_logins(password: str) -> list[User]:
    """Make those of the three demo logins that are missing, and return them; the others keep password and role.

    Raises ImproperlyConfigured in production, where a login that everybody knows is a hole.
    """
    if not settings.DEBUG:
        raise ImproperlyConfigured("The demo logins are not for production: make accounts with createsuperuser.")
    present = set(User.objects.filter(email__in=LOGINS).values_list("email", flat=True))
    return [
        User.objects.create_user(email, password, name=name, role=role)
        for email, (name, role) in LOGINS.items()
        if email not in present
    ]
