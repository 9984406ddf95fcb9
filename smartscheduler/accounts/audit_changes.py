"""Audit entries for changes of an account: address, role, scopes, password, activation."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from smartscheduler.audit.models import Act
from smartscheduler.audit.services import record

if TYPE_CHECKING:
    from smartscheduler.accounts.models import User

WATCHED = ("email", "role", "is_active", "scopes")


class Before(NamedTuple):
    """The stored account before a change. `role` is empty for a new account."""

    email: str = ""
    role: str = ""
    is_active: bool = True
    scopes: Sequence[str] = ()
    new_password: bool = False

    @classmethod
    def of(cls, user: "User", fields: Iterable[str] | None) -> "Before | None":
        """State before `user` is saved with `update_fields=fields`. None if no audited field is saved."""
        if fields is not None and not {*fields} & {*WATCHED, "password"}:
            return None
        # Django keeps a new raw password in `_password` until it is saved. A mere rehash has none.
        new_password = getattr(user, "_password", None) is not None and (fields is None or "password" in fields)
        rows = type(user)._base_manager.select_for_update(no_key=True).filter(pk=user.pk).values(*WATCHED)
        stored: dict[str, Any] = rows.first() or {}
        return cls(**stored, new_password=new_password)


def note_changes(user: "User", before: Before) -> None:
    """Record an audit entry for each changed value, in the transaction of the change."""
    for act, details in _changes(user, before):
        record(act, about=user, **details)


def _changes(user: "User", before: Before) -> Iterator[tuple[Act, dict[str, Any]]]:
    if not before.role:
        yield Act.USER_CREATED, {"role": user.role, **({"scopes": " ".join(user.scopes)} if user.scopes else {})}
        return
    if before.new_password:
        yield Act.PASSWORD_CHANGED, {}
    if before.email != user.email:
        yield Act.EMAIL_CHANGED, {}
    if before.role != user.role:
        yield Act.ROLE_CHANGED, {"before": before.role, "role": user.role}
    if [*before.scopes] != user.scopes:
        yield Act.SCOPES_CHANGED, {"before": " ".join(before.scopes), "scopes": " ".join(user.scopes)}
    if before.is_active != user.is_active:
        yield (Act.USER_ACTIVATED if user.is_active else Act.USER_DEACTIVATED), {}
