"""Open sockets with their accounts, and the check of their credentials."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from uuid import uuid4

from smartscheduler.accounts.credentials import Refusal, standing
from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Permission
from smartscheduler.accounts.websocket_auth import Visitor
from smartscheduler.events.sockets import presence


class SignedOut(Exception):
    """The credential of the socket is no longer valid."""


@dataclass(eq=False)
class Connection:
    """An open socket. `visitor` is its credential and account; `reader` is the account with its present role."""

    visitor: Visitor
    reader: User = field(init=False)
    socket: str = field(default_factory=lambda: str(uuid4()))
    present: bool = True

    def __post_init__(self) -> None:
        self.reader = self.visitor.user

    @property
    def account(self) -> str:
        return str(self.visitor.user.pk)


def may_stay(open_connections: Sequence[Connection]) -> list[bool]:
    """Whether each credential is still valid, with two queries in total. Raises DatabaseError."""
    stays = []
    for connection, account in zip(
        open_connections, standing([connection.visitor.credential for connection in open_connections]), strict=True
    ):
        user = None if isinstance(account, Refusal) else account
        if user is not None:
            connection.reader = user
        stays.append(user is not None and user.allows(Permission.VIEW_EVENTS))
    return stays


def note_open(open_connections: Collection[Connection]) -> None:
    """Record that the sockets are still open. A socket that closes meanwhile is recorded as closed."""
    presence.stay([(connection.account, connection.socket) for connection in open_connections if connection.present])
    for connection in open_connections:
        if not connection.present:
            note_closed(connection)


def note_closed(connection: Connection) -> None:
    """Record that the socket is closed."""
    connection.present = False
    presence.leave(connection.account, connection.socket)
