"""Accounts, browser sessions, and token families of the API."""

import uuid
from collections.abc import Iterable
from datetime import UTC
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.contrib.sessions.base_session import AbstractBaseSession
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from smartscheduler.accounts.audit_changes import Before, note_changes
from smartscheduler.accounts.password_validators import LONGEST_PASSWORD, TOO_LONG
from smartscheduler.accounts.permissions import DJANGO_PERMISSIONS, SERVICE, Permission, Role, permissions_of
from smartscheduler.accounts.scopes import Scope, permissions_of_scopes
from smartscheduler.accounts.service_key_text import SHOWN
from smartscheduler.core.db.text_fields import LOWER_CASE_ADDRESS, AccountAddressField, LineField
from smartscheduler.core.email_addresses import account_address, account_key
from smartscheduler.core.formatting import DEFAULT_CLOCK, Clock, local_time
from smartscheduler.history.triggers import keeps_history

if TYPE_CHECKING:
    from smartscheduler.accounts.session_store import SessionStore


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create an account. Without a password it cannot sign in. Raises ValueError for a non-ASCII address."""
        if not email:
            raise ValueError("An account needs an email address.")
        user = self.model(email=account_address(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, **{"role": Role.ADMINISTRATOR, **fields})

    def get_by_natural_key(self, username: str | None) -> "User":
        """The account of an address in any spelling (letter case, Unicode form). Raises DoesNotExist."""
        return self.get(email=account_key(username or "").replace("\x00", " "))

    def with_address(self, text: str) -> "User | None":
        """The account of an address in any spelling, or None."""
        try:
            return self.get_by_natural_key(text)
        except User.DoesNotExist:
            return None


@keeps_history(exclude=["last_login"], secrets=["password"])
class User(AbstractBaseUser):
    """An account. Its role alone decides its permissions (accounts.permissions); of a program, its scopes do."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = AccountAddressField(_("email address"), unique=True)
    name = LineField(_("name"), max_length=100, blank=True)
    role = models.CharField(_("role"), max_length=20, choices=Role.choices, default=Role.COORDINATOR)
    is_active = models.BooleanField(_("active"), default=True)
    clock = models.CharField(
        _("clock"), max_length=2, choices=Clock.choices, default=DEFAULT_CLOCK, db_default=DEFAULT_CLOCK
    )
    date_joined = models.DateTimeField(_("date joined"), default=timezone.now, editable=False)
    # Setup time of the second factor; null without one (accounts.second_factor).
    second_factor_at = models.DateTimeField(_("second factor since"), null=True, editable=False)
    # Of service accounts only.
    scopes = ArrayField(
        models.CharField(max_length=40, choices=Scope.choices), verbose_name=_("scopes"), default=list, db_default=[]
    )

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        ordering = ["email"]
        constraints = [
            # Lower-case ASCII makes the unique index case-insensitive (smartscheduler.core.email_addresses).
            models.CheckConstraint(condition=Q(email__regex=LOWER_CASE_ADDRESS), name="user_email_in_lower_case_ascii"),
            models.CheckConstraint(
                condition=Q(role=SERVICE, scopes__len__gt=0) | (~Q(role=SERVICE) & Q(scopes=[])),
                name="user_scopes_of_service_accounts",
            ),
            models.UniqueConstraint(Lower("name"), condition=Q(role=SERVICE), name="service_account_name_once"),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def set_password(self, raw_password: str | None) -> None:
        """As in Django. Raises ValidationError for a password that is too long for the sign-in forms and the API."""
        if raw_password is not None and len(raw_password) > LONGEST_PASSWORD:
            raise ValidationError({"password": [TOO_LONG]})
        super().set_password(raw_password)

    @transaction.atomic
    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save and record audit entries. Pages, commands and scripts all save through this method."""
        before = Before.of(self, kwargs.get("update_fields"))
        super().save(*args, **kwargs)
        if before:
            note_changes(self, before)

    def get_full_name(self) -> str:
        """Required by Django's admin, which shows the name next to the address."""
        return self.name

    @property
    def lacks_second_factor(self) -> bool:
        """Whether the role requires a second factor that is not set up."""
        return self.role in settings.SECOND_FACTOR_REQUIRED and self.second_factor_at is None

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Django's session hash, which changes with the password. This one also changes with the second factor.

        So setting up or removing a second factor ends all existing sessions. An account that lacks a required second
        factor has no valid session, nor has a service account.
        """
        if self.lacks_second_factor or self.is_service:
            return ""
        own = str(super()._get_session_auth_hash(secret=secret))  # type: ignore[misc]
        if self.second_factor_at is None:
            return own
        since = self.second_factor_at.isoformat()
        return salted_hmac("smartscheduler.second-factor", own + since, secret=secret, algorithm="sha256").hexdigest()

    @property
    def is_service(self) -> bool:
        """Whether it is a service account: for programs, with keys in place of a password."""
        return self.role == SERVICE

    @property
    def is_staff(self) -> bool:
        """All roles of users use the admin; permissions decide what they see there. Service accounts never do."""
        return self.is_active and not self.is_service

    @property
    def permissions(self) -> frozenset[Permission]:
        return permissions_of_scopes(self.scopes) if self.is_service else permissions_of(self.role)

    def allows(self, permission: Permission) -> bool:
        """Whether the account is active and its role, or one of its scopes, has `permission`."""
        return self.is_active and permission in self.permissions

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Check a Django permission name, as used by the admin, against the permissions of the role."""
        permission = DJANGO_PERMISSIONS.get(perm)
        return permission is not None and self.is_staff and self.allows(permission)

    def has_perms(self, perm_list: Iterable[str], obj: Any = None) -> bool:
        return all(self.has_perm(perm, obj) for perm in perm_list)

    def has_module_perms(self, app_label: str) -> bool:
        return any(self.has_perm(name) for name in DJANGO_PERMISSIONS if name.startswith(f"{app_label}."))

    def as_actor(self) -> dict[str, str]:
        """The user as the actor of an event."""
        return {"id": str(self.pk), "email": self.email, "name": str(self), "role": self.role}


class ServiceAccountManager(UserManager):
    def get_queryset(self) -> "models.QuerySet[User]":
        return super().get_queryset().filter(role=SERVICE)


class ServiceAccount(User):
    """An account of a program. It signs requests of the API with a key and cannot use the pages."""

    objects: ClassVar[ServiceAccountManager] = ServiceAccountManager()

    class Meta:
        proxy = True
        default_permissions = ("view", "add", "change")
        verbose_name, verbose_name_plural = _("service account"), _("service accounts")


@keeps_history(exclude=["last_used_at", "digest"], owner="account")
class ServiceKey(models.Model):
    """A key of a service account. The key itself is shown once; `digest` is its SHA-256 (accounts.service_key_text)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.ForeignKey(User, on_delete=models.CASCADE, related_name="service_keys")
    prefix = models.CharField(_("beginning of the key"), max_length=SHOWN)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    expires_at = models.DateTimeField(_("expires"))
    revoked_at = models.DateTimeField(_("revoked"), null=True)
    # Written at most once a minute (accounts.service_accounts).
    last_used_at = models.DateTimeField(_("last used"), null=True)

    class Meta:
        ordering = ["-created_at", "id"]
        default_permissions = ()
        verbose_name, verbose_name_plural = _("key of a service account"), _("keys of service accounts")
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=models.F("created_at")), name="service_key_expires_after_creation"
            )
        ]

    def __str__(self) -> str:
        return f"{self.prefix}…"

    @property
    def is_valid(self) -> bool:
        return self.revoked_at is None and self.expires_at > timezone.now()


class BrowserSession(AbstractBaseSession):
    """Django's session with its account; `user` is null before sign-in.

    `public_id` identifies it in pages and logs, where the key must not appear because it is the value of the cookie.
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
    """One API sign-in. All access and refresh tokens derived from it are valid only as long as this row.

    `current` is the id of the only refresh token that is valid.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="token_families")
    current = models.CharField(max_length=32)
    # The exchange that issued `current`: the spent token, the time, and the client (tokens.client_of).
    previous = models.CharField(max_length=32, blank=True, default="", db_default="")
    rotated_at = models.DateTimeField(null=True)
    client = models.CharField(max_length=64, blank=True, default="", db_default="")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = _("token families")

    def __str__(self) -> str:
        return gettext("{user}, since {time}").format(user=self.user, time=local_time(self.created_at, UTC))
