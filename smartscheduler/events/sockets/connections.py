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
class Connection:
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


def may_stay(open_connections: Sequence[Connection]) -> list[bool]:
    """Whether the credential of each still holds, in three queries for any number. Raises DatabaseError."""
    stays = []
    for connection, found in zip(
        open_connections, standing([connection.visitor.credential for connection in open_connections]), strict=True
    ):
        user = None if isinstance(found, Refusal) else found
        if user is not None:
            connection.reader = user
        stays.append(user is not None and user.allows(Permission.VIEW_EVENTS))
    return stays


def note_open(open_connections: Collection[Connection]) -> None:
    """Note that their sockets are still open; those that close meanwhile stay closed."""
    presence.stay([(connection.account, connection.socket) for connection in open_connections if connection.present])
    for connection in open_connections:
        if not connection.present:
            note_closed(connection)


def note_closed(connection: Connection) -> None:
    """Note that the socket is closed."""
    connection.present = False
    presence.leave(connection.account, connection.socket)
