"""The product's settings with the fixed time of the worlds and an additional URL."""

import os
from datetime import timedelta
from time import time

import time_machine

from benchmarks.worlds import NOW
from smartscheduler.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.urls"
# Requests come without a proxy.
SECURE_SSL_REDIRECT = False
# All processes of a run use the same time: NOW plus the time since the start of the run.
began = float(os.environ.setdefault("BENCHMARK_BEGAN", str(time())))
time_machine.travel(NOW + timedelta(seconds=time() - began), tick=True).start()
