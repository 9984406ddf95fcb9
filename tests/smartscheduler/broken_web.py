"""Settings with which only the import of the web application fails."""

import sys

from smartscheduler.settings import *  # noqa: F403

if "uvicorn" in sys.modules:
    raise RuntimeError("the web is broken on purpose")
