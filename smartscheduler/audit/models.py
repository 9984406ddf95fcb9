"""Entries of the audit log, append-only."""

from datetime import UTC
from typing import Any

import pgtrigger
from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from smartscheduler.core.formatting import local_time


class Act(models.TextChoices):
    """Audited actions. Stored values must not change: entries are kept for years."""

    SIGNED_IN = "signed-in", _("Signed in")
    SIGN_IN_FAILED = "sign-in-failed", _("Sign-in failed")
    SIGNED_OUT = "signed-out", _("Signed out")
    SIGN_INS_ENDED = "sign-ins-ended", _("Sign-ins ended")
    TOKEN_REUSED = "token-reused", _("Refresh token used twice")
    SECOND_FACTOR_SET_UP = "second-factor-set-up", _("Second factor set up")
    SECOND_FACTOR_REMOVED = "second-factor-removed", _("Second factor removed")
    SECOND_FACTOR_FAILED = "second-factor-failed", _("Wrong code")
    RECOVERY_CODES_MADE = "recovery-codes-made", _("New recovery codes")
    RECOVERY_CODE_USED = "recovery-code-used", _("Recovery code used")
    PASSWORD_CHANGED = "password-changed", _("Password changed")
    EMAIL_CHANGED = "email-changed", _("Email address changed")
    ROLE_CHANGED = "role-changed", _("Role changed")
    USER_CREATED = "user-created", _("User created")
    USER_DEACTIVATED = "user-deactivated", _("User deactivated")
    USER_ACTIVATED = "user-activated", _("User activated")
    SCOPES_CHANGED = "scopes-changed", _("Scopes of a service account changed")
    KEY_CREATED = "key-created", _("Key of a service account created")
    KEY_REVOKED = "key-revoked", _("Key of a service account revoked")
    DATA_EXPORTED = "data-exported", _("Data exported")
    IMPORT_STARTED = "import-started", _("Import started")
    MATCH_RENAMED = "match-renamed", _("Saved match of columns renamed")
    MATCH_DELETED = "match-deleted", _("Saved match of columns deleted")
    BACKUP_RESTORED = "backup-restored", _("Backup restored")
    PERSON_EXPORTED = "person-exported", _("Personal data exported")
    PERSON_ERASED = "person-erased", _("Personal data erased")


class Reason(models.TextChoices):
    """Reasons of a failed sign-in or code check."""

    PASSWORD = "password", _("wrong password")
    UNKNOWN = "unknown", _("no such account")
    INACTIVE = "inactive", _("account not active")
    LOCKED = "locked", _("too many wrong passwords")
    CODE = "code", _("wrong code")
    THROTTLED = "throttled", _("too many wrong codes")
    NO_CODE = "no-code", _("no code")
    NOT_SET_UP = "not-set-up", _("no second factor yet")


def _account() -> Any:
    """Reference to an account without a database constraint: the entry outlives the account and stores its name."""
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        editable=False,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )


class AuditEntry(models.Model):
    """An audited action by `user`, on the account `about` if any. `details` contain no personal data except ids."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(default=timezone.now, editable=False)
    act = models.CharField(max_length=32, choices=Act.choices)
    reason = models.CharField(max_length=16, choices=Reason.choices, blank=True)
    user = _account()
    name = models.CharField(_("user"), max_length=254, blank=True)
    about = _account()
    about_name = models.CharField(_("account"), max_length=254, blank=True)
    address = models.GenericIPAddressField(null=True)
    door = models.CharField(max_length=20, blank=True)
    place = models.CharField(_("where"), max_length=200, blank=True)
    request_id = models.CharField(max_length=200, blank=True)
    details = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["at"], name="audit_at"),
            models.Index(fields=["act", "id"], name="audit_acts"),
            models.Index(fields=["user", "id"], name="audit_user"),
            models.Index(fields=["about", "id"], name="audit_about"),
        ]
        # Only the retention (smartscheduler.ops.retention) and erasures may change entries; they suspend this trigger.
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]
        default_permissions = ("view",)
        verbose_name, verbose_name_plural = _("audit entry"), _("audit entries")

    def __str__(self) -> str:
        return gettext("{action}, {time}").format(action=self.get_act_display(), time=local_time(self.at, UTC))
