"""Settings with which everything works except the web's own first import."""

import sys

from smartscheduler.settings import *  # noqa: F403

if "uvicorn" in sys.modules:
    raise RuntimeError("the web is broken on purpose")
