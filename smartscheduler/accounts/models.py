"""People who sign in: an e-mail address, a password, a role."""

import uuid
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.sessions.base_session import AbstractBaseSession
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import salted_hmac

from smartscheduler.accounts.audit_changes import Before, note_changes
from smartscheduler.accounts.password_validators import LONGEST_PASSWORD, TOO_LONG
from smartscheduler.accounts.permissions import DJANGO_PERMISSIONS, Permission, Role, permissions_of
from smartscheduler.core.db.text_fields import LOWER_CASE_ADDRESS, AccountAddressField, LineField
from smartscheduler.core.email_addresses import account_address, account_key
from smartscheduler.history.triggers import keeps_history

if TYPE_CHECKING:
    from smartscheduler.accounts.session_store import SessionStore


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A new account. Without a password it cannot sign in. Raises ValueError for an address outside ASCII."""
        if not email:
            raise ValueError("An account needs an e-mail address.")
        user = self.model(email=account_address(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, **{"role": Role.ADMINISTRATOR, **fields})

    def get_by_natural_key(self, username: str | None) -> "User":
        """The account of an address, however that is written. Raises DoesNotExist."""
        return self.get(email=account_key(username or "").replace("\x00", " "))

    def with_address(self, text: str) -> "User | None":
        """The same; None when there is none."""
        try:
            return self.get_by_natural_key(text)
        except User.DoesNotExist:
            return None


@keeps_history(exclude=["last_login"], secrets=["password"])
class User(AbstractBaseUser):
    """An account. What it may do follows from its role alone (accounts.policy)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = AccountAddressField("e-mail address", unique=True)
    name = LineField(max_length=100, blank=True)
    role = models.CharField(max_length=20, choices=Role.choices, default=Role.COORDINATOR)
    is_active = models.BooleanField("active", default=True)
    date_joined = models.DateTimeField(default=timezone.now, editable=False)
    # Since when codes are asked for beside the password (accounts.second_factor).
    second_factor_at = models.DateTimeField("second factor since", null=True, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        ordering = ["email"]
        constraints = [
            # Unique by the form in which it is stored: ASCII in lower case (smartscheduler.core.email_addresses).
            models.CheckConstraint(condition=Q(email__regex=LOWER_CASE_ADDRESS), name="user_email_in_lower_case_ascii")
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def set_password(self, raw_password: str | None) -> None:
        """As Django's. Raises ValidationError for one that no door would take again."""
        if raw_password is not None and len(raw_password) > LONGEST_PASSWORD:
            raise ValidationError({"password": [TOO_LONG]})
        super().set_password(raw_password)

    @transaction.atomic
    def save(self, *args: Any, **kwargs: Any) -> None:
        """As any model, with an entry of the audit for what matters: pages, commands and scripts all come by here."""
        before = Before.of(self, kwargs.get("update_fields"))
        super().save(*args, **kwargs)
        if before:
            note_changes(self, before)

    def get_full_name(self) -> str:
        """Django's name for it; the admin shows it beside the address."""
        return self.name

    @property
    def lacks_second_factor(self) -> bool:
        """Whether the role asks for a second factor that this person has not set up yet."""
        return self.role in settings.SECOND_FACTOR_REQUIRED and self.second_factor_at is None

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Django's seal of a session, which breaks with a new password; here with another second factor, too.

        Setting one up ends the sessions that a password alone has opened, and removing it those that it has opened.
        Whoever lacks one that is required has no session that holds.
        """
        if self.lacks_second_factor:
            return ""
        own = str(super()._get_session_auth_hash(secret=secret))  # type: ignore[misc]
        if self.second_factor_at is None:
            return own
        since = self.second_factor_at.isoformat()
        return salted_hmac("smartscheduler.second-factor", own + since, secret=secret, algorithm="sha256").hexdigest()

    @property
    def is_staff(self) -> bool:
        """Every role works in the admin; what it sees there is the policy's to say."""
        return self.is_active

    def allows(self, permission: Permission) -> bool:
        """Whether this person's role carries `permission`."""
        return self.is_active and permission in permissions_of(self.role)

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Django's own permission names, for the admin, answered from the policy."""
        permission = DJANGO_PERMISSIONS.get(perm)
        return permission is not None and self.allows(permission)

    def has_perms(self, perm_list: Iterable[str], obj: Any = None) -> bool:
        return all(self.has_perm(perm, obj) for perm in perm_list)

    def has_module_perms(self, app_label: str) -> bool:
        return any(self.has_perm(name) for name in DJANGO_PERMISSIONS if name.startswith(f"{app_label}."))

    def as_actor(self) -> dict[str, str]:
        """How an event names the person who caused it."""
        return {"id": str(self.pk), "email": self.email, "name": str(self), "role": self.role}


class BrowserSession(AbstractBaseSession):
    """A session as Django keeps it, with whose it is; nobody's until somebody signs in.

    `public_id` names it where the key, which is the cookie, must not be seen.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="browser_sessions")
    began_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)

    @classmethod
    def get_session_store_class(cls) -> "type[SessionStore]":
        from smartscheduler.accounts.session_store import SessionStore

        return SessionStore


class TokenFamily(models.Model):
    """One signing-in by JWT: the access and refresh tokens that descend from it live and die with this row.

    `current` is the id of the one refresh token that may still be used.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="token_families")
    current = models.CharField(max_length=32)
    # The exchange that made `current`: the token that was used up, when, and by which client (tokens.client_of).
    previous = models.CharField(max_length=32, blank=True, default="", db_default="")
    rotated_at = models.DateTimeField(null=True)
    client = models.CharField(max_length=64, blank=True, default="", db_default="")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "token families"

    def __str__(self) -> str:
        return f"{self.user}, since {self.created_at:%Y-%m-%d %H:%M}"
