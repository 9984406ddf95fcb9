import os
import signal
from collections.abc import Iterator
from signal import Signals

import pytest

from smartscheduler.ops.local.signals import STOPPING, Interrupts


@pytest.fixture(autouse=True)
def _handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in STOPPING}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


class SignaledWhenItGoes:
    def __init__(self, number: Signals) -> None:
        self.number = number

    def __del__(self) -> None:
        os.kill(os.getpid(), self.number)
        sum(range(10))  # time for Python to run the handler in here


@pytest.mark.parametrize("number", STOPPING)
def test_a_signal_interrupts(number: Signals) -> None:
    interrupts = Interrupts()
    interrupts.listen()
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), number)
    with pytest.raises(KeyboardInterrupt):
        interrupts.check()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("number", STOPPING)
def test_one_that_python_swallows_interrupts_at_the_next_check(number: Signals) -> None:
    interrupts = Interrupts()
    interrupts.listen()
    interrupts.check()
    signaled = SignaledWhenItGoes(number)
    del signaled  # prints what was raised, and goes on
    with pytest.raises(KeyboardInterrupt):
        interrupts.check()


@pytest.mark.parametrize("number", STOPPING)
def test_is_deaf_once_it_ignores(number: Signals) -> None:
    interrupts = Interrupts()
    interrupts.listen()
    interrupts.ignore()
    os.kill(os.getpid(), number)
    interrupts.check()
