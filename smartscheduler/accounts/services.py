"""Services of accounts: save an account, create the demo logins."""

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction

from smartscheduler.accounts.active_sign_ins import revoke_all
from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Role
from smartscheduler.core.formatting import Clock

LOGINS = {
    "admin@example.com": ("Avery Admin", Role.ADMINISTRATOR),
    "coordinator@example.com": ("Casey Coordinator", Role.COORDINATOR),
    "manager@example.com": ("Morgan Manager", Role.MANAGER),
}


@transaction.atomic
def keep_account(user: User, *, sign_out: bool = False) -> User:
    """Save an account from the admin form. A deactivated account is signed out everywhere.

    Otherwise its sessions and tokens would become valid again when the account is reactivated.
    """
    user.save()
    if sign_out or not user.is_active:
        revoke_all(user)
    return user


def choose_clock(user: User, clock: Clock) -> User:
    """Store how times of day are written for the user."""
    user.clock = clock
    user.save(update_fields=["clock"])
    return user


@transaction.atomic
def ensure_logins(password: str) -> list[User]:
    """Create the missing demo logins and return them. Existing ones keep their password and role.

    Raises ImproperlyConfigured in production: publicly known passwords would be a security hole.
    """
    if not settings.DEBUG:
        raise ImproperlyConfigured("The demo logins are not for production: make accounts with createsuperuser.")
    present = set(User.objects.filter(email__in=LOGINS).values_list("email", flat=True))
    return [
        User.objects.create_user(email, password, name=name, role=role)
        for email, (name, role) in LOGINS.items()
        if email not in present
    ]
