"""Erasure of an account: its actions stay under the pseudonym “Former user N”."""

from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.db.models import F, JSONField, Q, Value
from django.db.models.expressions import CombinedExpression
from django.db.models.fields.json import KT
from django.utils.translation import gettext
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from contractors.models import Favorite
from smartscheduler.accounts.models import BrowserSession, TokenFamily, User
from smartscheduler.accounts.permissions import Role
from smartscheduler.adminsite.models import SavedView
from smartscheduler.audit.models import AuditEntry
from smartscheduler.core import pseudonyms
from smartscheduler.core.email_addresses import account_key
from smartscheduler.errors import NotAllowed, PersonErased
from smartscheduler.events.models import OutboxEvent
from smartscheduler.history.retention import history_models
from smartscheduler.idempotency.models import KeptAnswer
from smartscheduler.imports.models import ImportRun
from smartscheduler.privacy import copy_erasure
from smartscheduler.privacy.free_text import sweep
from smartscheduler.privacy.history_rewrite import deliberately, former_values, rewrite_history
from smartscheduler.privacy.models import Erasure
from smartscheduler.privacy.pii_matcher import PersonPatterns

FIELDS = ("email", "name")


def check(user: User, actor: User | None) -> None:
    """Raise PersonErased if already erased, NotAllowed for the actor's own account and for the last administrator."""
    if pseudonyms.is_erased(user.email):
        raise PersonErased(gettext("{name} was already erased.").format(name=user))
    if actor is not None and actor.pk == user.pk:
        raise NotAllowed(gettext("You cannot erase your own account. Ask another administrator."))
    others = User.objects.filter(role=Role.ADMINISTRATOR, is_active=True).exclude(pk=user.pk)
    if user.role == Role.ADMINISTRATOR and user.is_active and not others.exists():
        raise NotAllowed(gettext("This is the last administrator. Create another administrator first."))


def erase(user: User, erasure: Erasure, runs: Sequence[ImportRun]) -> None:
    """Erase the personal data of a locked account. `runs`: the imported files that name the user."""
    former = former_values(User, [user.pk], *FIELDS)
    patterns = patterns_of(user, former, erasure.pseudonym)
    values = {"email": pseudonyms.address_of(erasure.pseudonym), "name": erasure.pseudonym}
    with deliberately():
        _sign_out(user, patterns)
        user.set_unusable_password()
        User.objects.filter(pk=user.pk).update(
            **values, is_active=False, last_login=None, second_factor_at=None, password=user.password
        )
        rewrite_history(User, [user.pk], values)
        _rename_author(user.pk, values)
        copy_erasure.rename_log(User, [user.pk], erasure.pseudonym)
        copy_erasure.remove_imports(runs)
        copy_erasure.remove_views(patterns.wide)
        copy_erasure.forget_answers(patterns.wide, [])
        sweep(patterns.wide)


def patterns_of(user: User, former: dict[str, set[str]], instead: str) -> PersonPatterns:
    return PersonPatterns.of(
        names={user.name, *former["name"]}, phones=(), emails={user.email, *former["email"]}, instead=instead
    )


def sign_ins_of(emails: Any) -> Q:
    """Condition for the sign-in attempts of these addresses, which axes stores by account key."""
    # Case-insensitive: older rows were stored before addresses were normalized.
    return reduce(or_, (Q(username__iexact=account_key(email)) for email in emails), Q(pk__in=[]))


def _sign_out(user: User, patterns: PersonPatterns) -> None:
    BrowserSession.objects.filter(user=user).delete()
    TokenFamily.objects.filter(user=user).delete()
    SavedView.objects.filter(owner=user).delete()
    Favorite.objects.filter(owner=user).delete()
    for device in (TOTPDevice, StaticDevice):
        device.objects.filter(user=user).delete()
    KeptAnswer.objects.filter(user=user).delete()
    for model in (AccessAttempt, AccessFailureLog, AccessLog):
        model.objects.filter(sign_ins_of(patterns.emails)).delete()


def _rename_author(user_id: UUID, values: dict[str, str]) -> None:
    """Replace the name of the user as the author of changes, events and audit entries."""
    key, name = str(user_id), {"name": values["name"]}
    for history in history_models():
        rows: Any = history._base_manager.alias(author=KT("pgh_context__user")).filter(author=key)
        rows.update(pgh_context=_joined("pgh_context", name))
    OutboxEvent.objects.alias(author=KT("actor__id")).filter(author=key).update(actor=_joined("actor", values))
    AuditEntry.objects.filter(user=user_id).update(name=values["name"], address=None)
    AuditEntry.objects.filter(about=user_id).update(about_name=values["name"])


def _joined(field: str, values: dict[str, str]) -> CombinedExpression:
    """SQL expression: the JSON object of `field` merged with `values`."""
    return CombinedExpression(F(field), "||", Value(values, JSONField()), output_field=JSONField())
