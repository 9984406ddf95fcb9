"""One thing that somebody did and that has to be provable: written once, changed by nobody."""

from typing import Any

import pgtrigger
from django.conf import settings
from django.db import models
from django.utils import timezone


class Act(models.TextChoices):
    """What is written down. A value stays what it is for as long as entries are kept."""

    SIGNED_IN = "signed-in", "Signed in"
    SIGN_IN_FAILED = "sign-in-failed", "Sign-in failed"
    SIGNED_OUT = "signed-out", "Signed out"
    SIGN_INS_ENDED = "sign-ins-ended", "Sign-ins ended"
    TOKEN_REUSED = "token-reused", "Refresh token used twice"
    SECOND_FACTOR_SET_UP = "second-factor-set-up", "Second factor set up"
    SECOND_FACTOR_REMOVED = "second-factor-removed", "Second factor removed"
    SECOND_FACTOR_FAILED = "second-factor-failed", "Wrong code"
    RECOVERY_CODES_MADE = "recovery-codes-made", "New recovery codes"
    RECOVERY_CODE_USED = "recovery-code-used", "Recovery code used"
    PASSWORD_CHANGED = "password-changed", "Password changed"
    EMAIL_CHANGED = "email-changed", "E-mail address changed"
    ROLE_CHANGED = "role-changed", "Role changed"
    USER_CREATED = "user-created", "User created"
    USER_DEACTIVATED = "user-deactivated", "User deactivated"
    USER_ACTIVATED = "user-activated", "User activated"
    DATA_EXPORTED = "data-exported", "Data exported"
    IMPORT_STARTED = "import-started", "Import started"
    BACKUP_RESTORED = "backup-restored", "Backup restored"
    PERSON_EXPORTED = "person-exported", "Personal data exported"
    PERSON_ERASED = "person-erased", "Personal data erased"


class Reason(models.TextChoices):
    """Why somebody was not let in."""

    PASSWORD = "password", "wrong password"
    UNKNOWN = "unknown", "no such account"
    INACTIVE = "inactive", "account not active"
    LOCKED = "locked", "too many wrong passwords"
    CODE = "code", "wrong code"
    THROTTLED = "throttled", "too many wrong codes"
    NO_CODE = "no-code", "no code"
    NOT_SET_UP = "not-set-up", "no second factor yet"


def _account() -> Any:
    """Who it was, by id: an entry outlives the account, and keeps the name beside it."""
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
    """`user` did it, to the account `about` where there is one; `details` hold no more about people than ids."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(default=timezone.now, editable=False)
    act = models.CharField(max_length=32, choices=Act.choices)
    reason = models.CharField(max_length=16, choices=Reason.choices, blank=True)
    user = _account()
    name = models.CharField("who", max_length=254, blank=True)
    about = _account()
    about_name = models.CharField("account", max_length=254, blank=True)
    address = models.GenericIPAddressField(null=True)
    door = models.CharField(max_length=20, blank=True)
    place = models.CharField("where", max_length=200, blank=True)
    request_id = models.CharField(max_length=200, blank=True)
    details = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["at"], name="audit_at"),
            models.Index(fields=["act", "id"], name="audit_acts"),
            models.Index(fields=["user", "id"], name="audit_user"),
            models.Index(fields=["about", "id"], name="audit_about"),
        ]
        # Only the retention takes entries away (smartscheduler.ops.retention), and says so to this trigger.
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]
        default_permissions = ("view",)
        verbose_name, verbose_name_plural = "audit entry", "audit entries"

    def __str__(self) -> str:
        return f"{self.get_act_display()}, {self.at:%Y-%m-%d %H:%M} UTC"
