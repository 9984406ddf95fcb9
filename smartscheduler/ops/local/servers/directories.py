"""Where the servers may put their files and sockets, and who may see them."""

import hashlib
import os
import pwd
import re
import stat
import subprocess
import tempfile
from pathlib import Path

from smartscheduler.ops.local.servers.errors import EmbeddedServerError

# A socket's path must fit into 104 bytes on macOS and 108 on Linux, the closing NUL included.
LONGEST_SOCKET_PATH = 103
# Others mean something in URLs, or separate directories from each other.
PLAIN_PATH = re.compile(r"[A-Za-z0-9/._-]+")
SERVER_USER = "embedded_postgres"


def server_user() -> pwd.struct_passwd | None:
    """The account PostgreSQL runs under when we are root, which it refuses to be; else None."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(SERVER_USER)
    except KeyError:
        # The name is fixed, and every machine where root starts this has useradd.
        subprocess.run(["useradd", "--system", "--no-create-home", SERVER_USER], check=True)  # noqa: S603, S607
        return pwd.getpwnam(SERVER_USER)


def private(directory: Path, owner: pwd.struct_passwd | None = None) -> Path:
    """Make `directory`, closed to everybody but `owner` (default: us)."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    if owner:
        os.chown(directory, owner.pw_uid, owner.pw_gid)
    elif directory.stat().st_uid != os.geteuid():
        raise EmbeddedServerError(f"{directory} belongs to another user: choose another folder with DATA_DIR.")
    directory.chmod(0o700)
    return directory


def let_through(directory: Path) -> None:
    """Let other accounts pass through (not list) the folders above `directory`; only root needs and does this."""
    for parent in directory.parents:
        mode = parent.stat().st_mode
        if not mode & stat.S_IXOTH:
            parent.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)


def socket_directory(home: Path, socket_name: str) -> Path:
    """`home` itself, or a stand-in below the system's temporary folder when its path is too long or too odd."""
    path = str(home / socket_name)
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH and PLAIN_PATH.fullmatch(path):
        return home
    digest = hashlib.sha256(os.fsencode(home)).hexdigest()[:12]
    found = Path(tempfile.gettempdir()).resolve() / f"smartscheduler-{digest}"
    if len(os.fsencode(found / socket_name)) > LONGEST_SOCKET_PATH:
        raise EmbeddedServerError(f"{found} is too long a path for a socket: set TMPDIR or DATA_DIR to a shorter one.")
    return found
