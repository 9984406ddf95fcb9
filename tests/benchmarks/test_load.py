"""Analysis of `make load` and `make soak`: trends, growing counts, and missed events."""

import pytest

from benchmarks.load.gauges import Reading, drift
from benchmarks.load.listeners import Heard, Listener
from benchmarks.load.tables import drifts, piled_up


def line(rise: float, *, count: int = 60) -> list[tuple[float, float]]:
    """Readings every ten seconds of something that grows by `rise` a reading."""
    return [(10.0 * n, 100 + rise * n) for n in range(count)]


def test_the_drift_is_that_of_the_second_half_as_a_share_of_its_median() -> None:
    assert drift(line(0)) == 0
    assert drift(line(0.5)) == pytest.approx(0.5 * 29 / (100 + 0.5 * 44.5))
    settled = [*line(2, count=30), *((10.0 * n, 160.0) for n in range(30, 60))]
    assert drift(settled) == 0  # what grew while it warmed up is no drift


def test_readings_that_are_far_off_hardly_move_the_line() -> None:
    readings = line(0)
    for n in (33, 41, 58):
        readings[n] = (readings[n][0], 400.0)
    assert drift(readings) == 0


def reading(seconds: float, *, memory: float = 100.0, files: int = 20, keys: int = 30) -> Reading:
    return Reading(seconds, {"web 1": memory, "tiny": 0.2}, {"web 1": files}, {"keys in Valkey": keys})


def test_what_piles_up_is_named_and_what_goes_up_and_down_is_not() -> None:
    steady = [reading(10.0 * n, keys=30 + n % 7) for n in range(60)]
    assert piled_up(steady) == []
    assert drifts(steady) == {"web 1": 0.0}
    growing = [reading(10.0 * n, files=20 + 2 * n, keys=30 + 2 * n) for n in range(60)]
    assert [what.split(":")[0] for what in piled_up(growing)] == ["keys in Valkey", "open files of web 1"]


def test_a_socket_that_missed_an_event_or_got_one_twice_is_found() -> None:
    def event(sequence: int) -> dict[str, object]:
        return {"event": {"sequence": sequence, "occurred_at": "2026-11-26T12:00:00+00:00"}}

    heard = Heard()
    listener = Listener("ws://there/?types=A", "http://there", "", heard, 0)
    for frame in ({"ready": 10}, event(11), event(14), {"heartbeat": 15}, event(16)):
        listener._take(frame)
    assert (listener.missing([9, 10, 11, 14, 16]), heard.disorder) == (0, 0)
    assert listener.missing([9, 10, 11, 14, 15, 16]) == 1
    listener._take(event(16))
    assert (listener.missing([9, 10, 11, 14, 16]), heard.disorder) == (-1, 1)
