"""Those whose sockets are open: who they are, and whether they may stay."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from uuid import uuid4

from smartscheduler.accounts.credentials import Refusal, standing
from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Permission
from smartscheduler.accounts.websocket_auth import Visitor
from smartscheduler.events.sockets import presence


class SignedOut(Exception):
    """The credentials the socket was opened with no longer hold."""


@dataclass(eq=False)
class Member:
    """A visitor with an open socket; `reader` is the user with the role of now."""

    visitor: Visitor
    reader: User = field(init=False)
    socket: str = field(default_factory=lambda: str(uuid4()))
    present: bool = True

    def __post_init__(self) -> None:
        self.reader = self.visitor.user

    @property
    def account(self) -> str:
        return str(self.visitor.user.pk)


def may_stay(members: Sequence[Member]) -> list[bool]:
    """Whether the credential of each still holds, in three queries for any number. Raises DatabaseError."""
    stays = []
    for member, found in zip(members, standing([member.visitor.credential for member in members]), strict=True):
        user = None if isinstance(found, Refusal) else found
        if user is not None:
            member.reader = user
        stays.append(user is not None and user.allows(Permission.VIEW_EVENTS))
    return stays


def say_present(members: Collection[Member]) -> None:
    """Note that their sockets are still open; those that close meanwhile stay closed."""
    presence.stay([(member.account, member.socket) for member in members if member.present])
    for member in members:
        if not member.present:
            say_gone(member)


def say_gone(member: Member) -> None:
    """Note that the socket is closed."""
    member.present = False
    presence.leave(member.account, member.socket)
