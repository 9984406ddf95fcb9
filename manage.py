#!/usr/bin/env python
"""Django's command line. Commands that need PostgreSQL or Valkey get embedded ones when no URL is set."""

import os
import sys

from smartscheduler.embedded import provide_services


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "smartscheduler.settings")
    provide_services(sys.argv)
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
