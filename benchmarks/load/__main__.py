"""`make load` and `make soak`: Markdown on standard output, JSON results below benchmarks/, progress on stderr."""

import os
import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

from benchmarks.load import coordinators, gauges, listeners, promises, tables
from benchmarks.load.stage import CONTRACTORS, JOBS, WEB_WORKERS, Person, Stage, stage

LOAD_MINUTES = float(os.environ.get("LOAD_MINUTES") or 10)
SOAK_MINUTES = float(os.environ.get("SOAK_MINUTES") or 30)
WHOLE_LOAD, WHOLE_SOAK = 10, 30
# Coordinators and open sockets; the second stage has three times as many coordinators.
PEOPLE, MORE_PEOPLE, SOCKETS = 100, 300, 1_000
SOAK_PEOPLE, SOAK_SOCKETS, SOCKET_SECONDS = 40, 200, 300.0
READ_EVERY_SECONDS = 10.0
SETTLE_SECONDS = 60.0


Worked = tuple[coordinators.Notes, listeners.Heard, dict[str, int]]


class Cast:
    """The processes of the coordinators and of the listeners."""

    def __init__(self, product: Stage, asking: Connection, listening: Connection) -> None:
        self.stage, self.asking, self.listening = product, asking, listening
        self.base = f"http://127.0.0.1:{product.port}"

    def listen(self, people: list[Person], count: int, stay_seconds: float = 0.0) -> None:
        url = f"{self.base.replace('http', 'ws')}/ws/events/?types={self.stage.types}"
        cookies = [person.cookie for person in people]
        self.listening.send(
            {"url": url, "origin": self.base, "cookies": cookies, "count": count, "stay_seconds": stay_seconds}
        )
        self.listening.recv()

    def arrive(self, people: list[Person]) -> None:
        self.asking.send({"base": f"{self.base}/api/v1/", "people": people})
        self.asking.recv()

    def work(self, seconds: float, meanwhile: Callable[[], None]) -> Worked:
        """Run for a time. Returns the coordinators' notes, the received events, and the number of events by type."""
        before = self._head()
        self.listening.send("begin")
        self.listening.recv()
        self.asking.send(seconds)
        while not self.asking.poll(READ_EVERY_SECONDS):
            meanwhile()
        notes: coordinators.Notes = self.asking.recv()
        head = self._settled()
        query = (
            "SELECT type, count(*) FROM events_outboxevent WHERE sequence > %s AND sequence <= %s"
            " GROUP BY 1 ORDER BY 2 DESC"
        )
        events = dict(self.stage.rows(query, before, head))
        shown = "SELECT sequence FROM events_outboxevent WHERE sequence <= %s AND type = ANY(%s) ORDER BY 1"
        self.listening.send([number for (number,) in self.stage.rows(shown, head, self.stage.types.split(","))])
        return notes, self.listening.recv(), events

    def _head(self) -> int:
        return int(self.stage.rows("SELECT coalesce(max(sequence), 0) FROM events_eventhead")[0][0])

    def _settled(self) -> int:
        """The head of the log after all events are numbered and the sockets have had two heartbeats."""
        deadline = time.monotonic() + SETTLE_SECONDS
        while gauges.counts(self.stage)["events without a number"] and time.monotonic() < deadline:
            time.sleep(0.5)
        head = self._head()
        time.sleep(35)
        return head


@contextmanager
def everybody() -> Iterator[tuple[Cast, list[Person]]]:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 65536), most))
    say(f"The product with {CONTRACTORS:,} contractors, {JOBS:,} jobs and {WEB_WORKERS} web processes")
    with stage() as running:
        people = running.sign_up(MORE_PEOPLE)
        links = []
        for main in (coordinators.main, listeners.main):
            link, theirs = get_context("spawn").Pipe()
            get_context("spawn").Process(target=main, args=(theirs,), daemon=True).start()
            theirs.close()
            links.append(link)
        yield Cast(running, *links), people
        for link in links:
            link.send(None)


def load() -> bool:
    """Simulate a large office, then three times as many users. Returns whether no acknowledged change was lost."""
    seconds, results = LOAD_MINUTES * 60, dict[str, Any]()
    with everybody() as (cast, people):
        say(f"{SOCKETS:,} sockets open")
        cast.listen(people, SOCKETS)
        first, began, here = gauges.read(cast.stage, time.monotonic()), time.monotonic(), 0
        for count in (PEOPLE, MORE_PEOPLE):
            say(f"{count} coordinators arrive, and work for {LOAD_MINUTES:g} minutes")
            cast.arrive(people[here:count])
            here = count
            notes, heard, events = cast.work(seconds, lambda: None)
            facts = tables.facts(notes, heard, seconds, events)
            results[f"{count} coordinators"] = {"requests": tables.routes(notes), "facts": facts}
            print(f"\n**{count} coordinators, {SOCKETS:,} sockets, {LOAD_MINUTES:g} minutes**\n")
            print(tables.tell_requests(notes), tables.tell_facts(facts), sep="\n", flush=True)
        last = gauges.read(cast.stage, began)
        verdict = promises.look(cast.stage, notes)
    print(tables.tell_memory(first, last), tables.tell_verdict(verdict), sep="\n")
    results |= {"memory": [first._asdict(), last._asdict()], "verdict": vars(verdict)}
    say(f"Written to {tables.write('load', LOAD_MINUTES < WHOLE_LOAD, results)}")
    return verdict.kept and not heard.disorder and not heard.missing


def soak() -> bool:
    """Simulate steady use for a long time. Returns whether no resource grew and no acknowledged change was lost."""
    seconds = SOAK_MINUTES * 60
    with everybody() as (cast, people):
        cast.listen(people, SOAK_SOCKETS, SOCKET_SECONDS)
        cast.arrive(people[:SOAK_PEOPLE])
        say(f"{SOAK_PEOPLE} coordinators work for {SOAK_MINUTES:g} minutes, {SOAK_SOCKETS} sockets come and go")
        began, readings = time.monotonic(), list[gauges.Reading]()
        notes, heard, events = cast.work(seconds, lambda: readings.append(gauges.read(cast.stage, began)))
        verdict = promises.look(cast.stage, notes)
    facts = tables.facts(notes, heard, seconds, events)
    grown = tables.drifts(readings)
    piled = tables.piled_up(readings)
    print(f"\n**{SOAK_PEOPLE} coordinators, {SOAK_SOCKETS} sockets that come and go, {SOAK_MINUTES:g} minutes**\n")
    print(tables.tell_facts(facts), tables.tell_drifts(readings, grown), tables.tell_piles(readings), sep="\n")
    print(tables.tell_verdict(verdict))
    failed = [f"{name} grew by {share:.1%}" for name, share in grown.items() if share > tables.MOST_DRIFT] + piled
    print("".join(f"- {line}\n" for line in failed) or "Nothing grows that should not.")
    results = {
        "facts": facts,
        "drift": grown,
        "readings": [reading._asdict() for reading in readings],
        "verdict": vars(verdict),
    }
    say(f"Written to {tables.write('soak', SOAK_MINUTES < WHOLE_SOAK, results)}")
    return verdict.kept and not failed and not heard.disorder and not heard.missing


def say(text: str) -> None:
    print(f"  {text} …", file=sys.stderr, flush=True)


def main(act: str) -> int:
    try:
        return 0 if {"load": load, "soak": soak}[act]() else 1
    except KeyboardInterrupt:
        say("Stopped, and nothing left behind")
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
