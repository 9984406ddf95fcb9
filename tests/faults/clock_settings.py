"""Settings with a clock offset in seconds that is read from a file and can change at any time.

What a process reads as the time is stepped (time_machine); what measures how long something takes is not, as on a
machine whose clock is set. PostgreSQL and Valkey go on by the machine's.
"""

import os
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import time_machine

from smartscheduler.settings import *  # noqa: F403

LOOK_EVERY_SECONDS = 0.05
clock_file = Path(os.environ["CLOCK_FILE"])


def ahead() -> float:
    return float(clock_file.read_text() or 0)


def follow(clock: time_machine.Traveller, stepped: float) -> None:
    while True:
        time.sleep(LOOK_EVERY_SECONDS)
        if (target := ahead()) != stepped:
            clock.shift(target - stepped)
            stepped = target


now = ahead()
traveller = time_machine.travel(datetime.fromtimestamp(time.time() + now, UTC), tick=True).start()
threading.Thread(target=follow, args=(traveller, now), daemon=True).start()
