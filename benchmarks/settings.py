"""The product's settings at the time of the worlds, with one more address."""

import os
from datetime import timedelta
from time import time

import time_machine

from benchmarks.worlds import NOW
from smartscheduler.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.urls"
# Asked without a proxy in front.
SECURE_SSL_REDIRECT = False
# All processes of a run read the same clock: NOW and the time since the run began.
began = float(os.environ.setdefault("BENCHMARK_BEGAN", str(time())))
time_machine.travel(NOW + timedelta(seconds=time() - began), tick=True).start()
