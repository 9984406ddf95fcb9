"""`make bench`: all ranking methods in all worlds, in one interleaved run. SIZES=1000,10000 is the quick form."""

import os
import sys
import threading
from collections import defaultdict
from contextlib import ExitStack
from multiprocessing import get_context
from multiprocessing.connection import Connection
from statistics import median
from time import perf_counter, time
from typing import Any

from benchmarks import report, worker
from benchmarks.databases import cluster, warm, world_of
from benchmarks.loading import OPEN_JOBS, job_id
from benchmarks.servers import Client, Server

QUESTIONS = int(os.environ.get("QUESTIONS") or 300)
# The number of queries for each method; slow methods get fewer, in the middle of the run.
FEWER = {
    ("literal", 1_000): 20,
    ("literal", 10_000): 5,
    ("prefetched", 1_000): 40,
    ("prefetched", 10_000): 12,
    ("scan", 1_000_000): 40,
}
LOOPS_UP_TO = 10_000
BATCH = 100
SECONDS_OF_THROUGHPUT = 6.0

Samples = dict[tuple[str, int], list[float]]


class Subject:
    """A world with its worker process and a server of the product."""

    def __init__(self, stack: ExitStack, size: int, url: str) -> None:
        self.size, self.url = size, url
        spawn = get_context("spawn")
        self._link, theirs = spawn.Pipe()
        process = spawn.Process(target=worker.main, args=(theirs, size, url), daemon=True)
        process.start()
        self._link.recv()
        self.timed("login", 0)
        self.client = Client(stack.enter_context(Server(url)).port)
        self.client.ask("POST", "canned/", self.client.ask("GET", self._path(0))[1])
        self.differing = 0

    def _path(self, number: int) -> str:
        return f"jobs/{job_id(number % OPEN_JOBS)}/recommendations/"

    def timed(self, subject: str, number: int) -> worker.Timed:
        link: Connection = self._link
        link.send((subject, number))
        timed: worker.Timed = link.recv()
        return timed

    def ask(self, subject: str, number: int) -> float:
        """Milliseconds of one query with one method; counts results that differ from the service's."""
        if subject == "http":
            return self.client.ask("GET", self._path(number))[0]
        if subject == "canned":
            return self.client.ask("GET", "canned/")[0]
        took, answer = self.timed(subject, number)
        if subject in {"scan", "literal", "prefetched"}:
            self.differing += answer != self.timed("service", number).answer
        return took


def ways(size: int) -> list[str]:
    loops = ["prefetched", "literal"] if size <= LOOPS_UP_TO else []
    return ["select_1", "service", "http", "canned", "why_not", "scan", *loops]


def measure(subjects: list[Subject]) -> Samples:
    """Milliseconds by method and size; every round runs each method once in each world."""
    samples: Samples = defaultdict(list)
    for number in range(-10, QUESTIONS):  # the first ten warm up
        for subject in subjects:
            for way in ways(subject.size):
                every = max(1, QUESTIONS // FEWER.get((way, subject.size), QUESTIONS))
                if number % every:
                    continue
                took = subject.ask(way, number % OPEN_JOBS)
                if number >= 0:
                    samples[way, subject.size].append(took)
        if number % 20 == 0:
            print(f"  {max(0, number)} of {QUESTIONS} questions", file=sys.stderr, flush=True)
    return samples


def batch(subject: Subject) -> dict[str, float]:
    """Milliseconds of ranking a hundred jobs in one call and in a hundred calls."""
    jobs = [str(job_id(number)) for number in range(BATCH)]
    together, alone = [], []
    for _ in range(5):
        together.append(subject.client.ask("POST", "recommendations/batch/", {"jobs": jobs})[0])
        alone.append(sum(subject.ask("http", number) for number in range(BATCH)))
    return {"one call": median(together), "a hundred calls": median(alone)}


def throughput(subject: Subject) -> dict[str, float]:
    """Requests per second with one and with eight clients, alternating, on a server with two processes."""
    rates: dict[str, list[float]] = {"1 client": [], "8 clients": []}
    with Server(subject.url, workers=2) as server:
        clients = [Client(server.port) for _ in range(8)]
        for client in clients:  # new connections, to both processes
            for number in range(20):
                client.ask("GET", subject._path(number))
        for _ in range(3):
            for name, asking in (("1 client", clients[:1]), ("8 clients", clients)):
                rates[name].append(_rate(asking, subject))
    return {name: median(samples) for name, samples in rates.items()}


def _rate(clients: list[Client], subject: Subject) -> float:
    counts = [0] * len(clients)
    end = perf_counter() + SECONDS_OF_THROUGHPUT

    def ask(place: int) -> None:
        while perf_counter() < end:
            clients[place].ask("GET", subject._path(counts[place] * 8 + place))
            counts[place] += 1

    threads = [threading.Thread(target=ask, args=(place,)) for place in range(len(clients))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / SECONDS_OF_THROUGHPUT


def main() -> None:
    sizes = [int(size) for size in (os.environ.get("SIZES") or "1000,10000,100000,1000000").split(",")]
    os.environ["BENCHMARK_BEGAN"] = str(time())
    os.environ.setdefault("REDIS_URL", "redis://localhost:1/0")  # the measured code does not use it
    with cluster() as server, ExitStack() as stack:
        urls = {size: world_of(size, server)[1] for size in sizes}
        warm(urls.values())
        subjects = [Subject(stack, size, url) for size, url in urls.items()]
        samples = measure(subjects)
        middle = max(
            (subject for subject in subjects if subject.size <= 100_000),
            key=lambda subject: subject.size,
            default=subjects[0],
        )
        results: dict[str, Any] = {
            "differing": {subject.size: subject.differing for subject in subjects},
            "batch": {"size": middle.size, **batch(middle)},
            "throughput": {"size": middle.size, **throughput(middle)},
        }
    report.publish(samples, results)


if __name__ == "__main__":
    main()
