"""Directories of the embedded servers for files and sockets, with their permissions."""

import hashlib
import os
import pwd
import re
import stat
import subprocess
import tempfile
from pathlib import Path

from smartscheduler.ops.local.servers.errors import EmbeddedServerError

# The path of a socket must fit into 104 bytes on macOS and 108 on Linux, including the terminating NUL.
LONGEST_SOCKET_PATH = 103
# Other characters have a meaning in URLs or path lists.
PLAIN_PATH = re.compile(r"[A-Za-z0-9/._-]+")
SERVER_USER = "embedded_postgres"


def server_user() -> pwd.struct_passwd | None:
    """The account for PostgreSQL when this process runs as root, which PostgreSQL rejects; else None."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(SERVER_USER)
    except KeyError:
        # The arguments are constant. Machines where root starts this, such as containers, have useradd.
        subprocess.run(["useradd", "--system", "--no-create-home", SERVER_USER], check=True)  # noqa: S603, S607
        return pwd.getpwnam(SERVER_USER)


def private(directory: Path, owner: pwd.struct_passwd | None = None) -> Path:
    """Create `directory` with access for `owner` only (default: the present account)."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    if owner:
        os.chown(directory, owner.pw_uid, owner.pw_gid)
    elif directory.stat().st_uid != os.geteuid():
        raise EmbeddedServerError(f"{directory} belongs to another user. Choose another folder with DATA_DIR.")
    directory.chmod(0o700)
    return directory


def let_through(directory: Path) -> None:
    """Give other accounts execute permission (not read) on the folders above `directory`; only for root."""
    for parent in directory.parents:
        mode = parent.stat().st_mode
        if not mode & stat.S_IXOTH:
            parent.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)


def socket_directory(home: Path, socket_name: str) -> Path:
    """`home`, or a folder in the system's temporary folder when the path of the socket is too long or not plain."""
    path = str(home / socket_name)
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH and PLAIN_PATH.fullmatch(path):
        return home
    digest = hashlib.sha256(os.fsencode(home)).hexdigest()[:12]
    substitute = Path(tempfile.gettempdir()).resolve() / f"smartscheduler-{digest}"
    if len(os.fsencode(substitute / socket_name)) > LONGEST_SOCKET_PATH:
        raise EmbeddedServerError(
            f"The path {substitute} is too long for a socket. Set TMPDIR or DATA_DIR to a shorter one."
        )
    return substitute
