#!/usr/bin/env python
"""Django's command line. Commands that need PostgreSQL or Valkey get embedded ones when no URL is set."""

import os
import signal
import sys
from contextlib import AbstractContextManager, nullcontext

import django

from smartscheduler import __version__
from smartscheduler.ops.local.servers import EmbeddedServerError, Servers, from_environment

# Commands that open no connection, and those that start or stop the servers themselves.
OFFLINE = {"", "help", "version", "check", "collectstatic", "findstatic", "makemessages", "spectacular"}
WITHOUT_SERVERS = OFFLINE | {"up", "down"}


def main() -> None:
    if sys.argv[1:] == ["version"]:
        print(f"SmartScheduler {__version__} (Django {django.__version__})")
        return
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "smartscheduler.settings")
    servers = from_environment()
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        with servers_for(sys.argv[1:2], servers):
            execute_from_command_line(sys.argv)
    except (EmbeddedServerError, ImproperlyConfigured) as error:
        sys.exit(str(error))


def servers_for(command: list[str], servers: Servers) -> AbstractContextManager[object]:
    name = command[0] if command else ""
    if name.startswith("-") or name in WITHOUT_SERVERS or not servers.members:
        return nullcontext()
    # So that a command that is told to end still stops the servers it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    return servers


if __name__ == "__main__":
    main()
