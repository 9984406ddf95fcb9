"""Resources of the processes (memory, open files, connections) and their growth."""

import json
import time
from statistics import median
from typing import NamedTuple

import psutil

from benchmarks.load.stage import HOME, Stage

MEGABYTE = 1024 * 1024
CHILDREN = ("web", "worker", "relay")
SESSION = "PostgreSQL, each process"


class Reading(NamedTuple):
    """`seconds` since the beginning; memory in MB, and open files.

    Pages that processes share count for each by its part (PSS). Of PostgreSQL, which has as many processes as there are
    connections and shares its buffers among them, it is what one of them has to itself (USS), in the mean.
    """

    seconds: float
    memory: dict[str, float]
    files: dict[str, int]
    counts: dict[str, int]


def read(stage: Stage, since: float) -> Reading:
    memory, files = dict[str, float](), dict[str, int]()
    for name, processes in _processes(stage).items():
        alive = [usage for process in processes if (usage := _of(process, "uss" if name == SESSION else "pss"))]
        parts = max(1, len(alive)) if name == SESSION else 1
        memory[name] = sum(used for used, _ in alive) / parts
        files[name] = sum(opened for _, opened in alive) // parts
    return Reading(time.monotonic() - since, memory, files, counts(stage))


def _of(process: psutil.Process, kind: str) -> tuple[float, int] | None:
    try:
        return getattr(process.memory_full_info(), kind) / MEGABYTE, process.num_fds()
    except psutil.Error:
        return None


def _processes(stage: Stage) -> dict[str, list[psutil.Process]]:
    record = json.loads((HOME / "run" / "up.json").read_text())
    by_name: dict[str, list[psutil.Process]] = {}
    for name, entry in zip(CHILDREN, record["children"], strict=True):
        process = psutil.Process(entry["pid"])
        serving = [child for child in process.children() if "spawn_main" in " ".join(child.cmdline())]
        if serving:
            by_name |= {f"{name} {number}": [child] for number, child in enumerate(serving, 1)}
            by_name[f"{name}, the parent"] = [process]
        else:
            by_name[name] = [process, *process.children(recursive=True)]  # the worker has beat for a child
    server = int((stage.postgresql.directory / "postmaster.pid").read_text().split()[0])
    by_name[SESSION] = [psutil.Process(server), *psutil.Process(server).children()]
    by_name["Valkey"] = [process for process in psutil.process_iter() if _is_valkey(process, stage)]
    return by_name


def _is_valkey(process: psutil.Process, stage: Stage) -> bool:
    try:
        return process.name().startswith("valkey") and str(stage.valkey.sockets) in " ".join(process.cmdline())
    except psutil.Error:
        return False


def counts(stage: Stage) -> dict[str, int]:
    """Numbers that must not grow: connections, waiting events and tasks, sessions, keys."""
    numbers = dict(
        stage.rows(
            "SELECT 'connections', count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
            " UNION ALL SELECT 'events without a number', count(*) FROM events_outboxevent WHERE sequence IS NULL"
            " UNION ALL SELECT 'sessions', count(*) FROM accounts_browsersession"
            " UNION ALL SELECT 'signings-in', count(*) FROM accounts_tokenfamily"
            " UNION ALL SELECT 'transactions of over a minute', count(*) FROM pg_stat_activity"
            " WHERE xact_start < now() - interval '1 minute' AND backend_type = 'client backend'"
        )
    )
    with stage.valkey._client() as client:
        numbers["keys in Valkey"] = int(client.dbsize())
        numbers["tasks that wait"] = int(client.llen("celery"))
    return numbers


def drift(points: list[tuple[float, float]]) -> float:
    """The growth of a gauge over the second half of its readings, as a share of its median.

    The line is Theil and Sen's, the median of the slopes between all pairs: a reading that is far off moves it little.
    """
    half = points[len(points) // 2 :]
    if len(half) < 3:
        return 0.0
    slopes = [(b - a) / (t - s) for n, (s, a) in enumerate(half) for t, b in half[n + 1 :]]
    middle = median(value for _, value in half)
    return median(slopes) * (half[-1][0] - half[0][0]) / middle if middle else 0.0
