"""Functions that the tests run in child processes, and telephone numbers that stop a worker (poisoned_settings.py)."""

import os
import signal
import threading
from itertools import count

FOREVER, GREEDY = "(512) 555-0101", "(512) 555-0102"


def backwards(payload: bytes) -> bytes:
    print("for the log")
    return payload[::-1]


def forever(payload: bytes) -> bytes:
    for _ in count():
        pass
    return payload


def asleep(payload: bytes) -> bytes:
    threading.Event().wait()
    return payload


def greedy(payload: bytes) -> bytes:
    return payload * 10**12


def crash(payload: bytes) -> bytes:
    os.kill(os.getpid(), signal.SIGSEGV)
    return payload
