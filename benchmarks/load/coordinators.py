"""Simulated coordinators in one process: they read, wait, book, and change bookings, and note all acknowledgments."""

import asyncio
import random
import signal
import time
from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from typing import Any
from uuid import uuid4

import httpx2

from benchmarks.load.stage import PASSWORD, Person

# Seconds between two requests of one coordinator: five per minute, in bursts and pauses.
THINK_SECONDS, SHORTEST_SECONDS, LONGEST_SECONDS = 12.0, 1.0, 60.0
TIMEOUT_SECONDS, RETRIES = 30.0, 5
ARRIVING_AT_ONCE = 3
PAGE_SIZE, MOST_PAGES = 20, 10
# Create new jobs, so that the number of open jobs stays constant.
SHARE_OF_NEW_JOBS = 0.45
METROS = ((30.2672, -97.7431), (41.8781, -87.6298), (39.7392, -104.9903), (33.4484, -112.0740), (33.7490, -84.3880))


class Enough(Exception):
    """Ends the work of a coordinator."""


@dataclass
class Notes:
    """Requests with durations and outcomes, and the acknowledged states."""

    took: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    status: dict[str, str] = field(default_factory=dict)  # of assignments, by id, as last acknowledged
    acts: Counter[str] = field(default_factory=Counter)
    jobs: list[str] = field(default_factory=list)
    unanswered: int = 0
    cpu_seconds: float = 0.0

    def begin(self) -> None:
        """Discard the measurements; acknowledged states are kept."""
        self.took, self.errors, self.refusals = defaultdict(list), Counter(), Counter()


class Coordinator:
    def __init__(self, person: Person, base: str, context: Any, notes: Notes) -> None:
        self.person, self.notes = person, notes
        self.chance = random.Random(person.email)  # noqa: S311  (load, not a secret)
        self.client = httpx2.AsyncClient(base_url=base, timeout=TIMEOUT_SECONDS, verify=context)
        self.tokens: dict[str, str] = {}
        self.until = 0.0
        self.pages = 1

    async def arrive(self) -> None:
        answer = await self._send("POST", "auth/login/", {"email": self.person.email, "password": PASSWORD})
        if answer.is_success:
            self.tokens = answer.json()

    async def work(self, until: float) -> None:
        self.until = until
        with suppress(Enough):
            while True:
                if self.chance.random() < 0.15:
                    await self._ask("GET", "dashboard/", "dashboard/")
                else:
                    await self._place()

    async def _place(self) -> None:
        """Assign one job, from the list or a telephone call, and process the booking."""
        job = await self._new_job() if self.chance.random() < SHARE_OF_NEW_JOBS else await self._open_job()
        if job is None:
            return
        ranking = await self._ask("GET", f"jobs/{job}/recommendations/", "jobs/{id}/recommendations/")
        entries = [entry for entry in (ranking or {}).get("recommendations", []) if entry["available_time_slots"]]
        if not entries:
            return
        chosen = self.chance.choice(entries[:3])
        slots = [slot["start"] for slot in chosen["available_time_slots"]]
        body = {"job": job, "contractor": chosen["contractor"]["id"], "start": self.chance.choice(slots)}
        booked = await self._ask("POST", "assignments/", "assignments/", body)
        if booked:
            self._note("JobAssigned", booked)
            await self._follow(booked["id"], slots)

    async def _follow(self, assignment: str, slots: list[str]) -> None:
        fate = self.chance.random()
        if fate < 0.25:
            await self._act(assignment, "reschedule", "AssignmentRescheduled", {"start": self.chance.choice(slots)})
        if fate < 0.65:
            await self._act(assignment, "confirm", "AssignmentConfirmed", {})
        if 0.15 < fate < 0.25 or fate > 0.65:
            await self._act(assignment, "cancel", "AssignmentCancelled", {"reason": "The customer has called again."})

    async def _act(self, assignment: str, act: str, event: str, body: dict[str, Any]) -> None:
        route = f"assignments/{{id}}/{act}/"
        if answer := await self._ask("POST", f"assignments/{assignment}/{act}/", route, body):
            self._note(event, answer)

    def _note(self, event: str, assignment: dict[str, Any]) -> None:
        self.notes.acts[event] += 1
        self.notes.status[assignment["id"]] = assignment["status"]

    async def _open_job(self) -> str | None:
        page = self.chance.randint(1, self.pages)
        listing = await self._ask("GET", f"jobs/?status=open&page={page}", "jobs/")
        if not listing or not listing["results"]:
            self.pages = 1  # the list has become shorter
            return None
        self.pages = max(1, min(MOST_PAGES, listing["count"] // PAGE_SIZE))
        job = str(self.chance.choice(listing["results"])["id"])
        opened = await self._ask("GET", f"jobs/{job}/", "jobs/{id}/")
        return job if opened and opened["status"] == "open" else None

    async def _new_job(self) -> str | None:
        latitude, longitude = self.chance.choice(METROS)
        at = datetime.now(UTC) + timedelta(days=self.chance.randint(2, 20), hours=self.chance.randint(0, 8))
        place = {"address": "1 Oak Street", "city": "Springfield", "state": "TX", "zip_code": "78701"}
        body = {
            "type": self.chance.choice(("flooring", "tile", "carpet")),
            "desired_date": at.isoformat(),
            "duration": f"0{self.chance.randint(1, 5)}:00:00",
            "location": place
            | {
                "latitude": round(latitude + self.chance.gauss(0, 0.15), 7),
                "longitude": round(longitude + self.chance.gauss(0, 0.15), 7),
            },
        }
        made = await self._ask("POST", "jobs/", "jobs/", body)
        if made is None:
            return None
        self.notes.acts["JobCreated"] += 1
        self.notes.jobs.append(made["id"])
        return str(made["id"])

    async def _ask(self, method: str, path: str, route: str, body: Any = None) -> Any:
        """Wait, send a request, and repeat it with the same key while its outcome is unknown; None when rejected."""
        await self._think()
        headers = {"Idempotency-Key": str(uuid4())} if method == "POST" else {}
        for turn in range(RETRIES):
            began = time.perf_counter()
            try:
                answer = await self._send(method, path, body, headers)
            except httpx2.HTTPError as error:
                self.notes.errors[f"{method} {route}: {type(error).__name__}"] += 1
                await asyncio.sleep(1 + turn)
                continue
            self.notes.took[f"{method} {route}"].append((time.perf_counter() - began) * 1_000)
            if answer.is_success:
                return answer.json()
            if answer.status_code == httpx2.codes.CONFLICT:
                self.notes.refusals[answer.json()["type"].rsplit("/", 1)[1]] += 1
                return None
            if answer.status_code == httpx2.codes.NOT_FOUND:
                self.notes.refusals["not-found"] += 1
                return None
            if answer.status_code == httpx2.codes.UNAUTHORIZED:
                await self._refresh()
                continue
            self.notes.errors[f"{method} {route}: {answer.status_code}"] += 1
            await asyncio.sleep(float(answer.headers.get("Retry-After", 1)))
        self.notes.unanswered += method == "POST"
        return None

    async def _think(self) -> None:
        seconds = min(LONGEST_SECONDS, SHORTEST_SECONDS + self.chance.expovariate(1 / (THINK_SECONDS - 1)))
        left = self.until - time.monotonic()
        await asyncio.sleep(max(0.0, min(seconds, left)))
        if seconds >= left:
            raise Enough

    async def _refresh(self) -> None:
        answer = await self._send("POST", "auth/refresh/", {"refresh": self.tokens["refresh"]})
        if answer.is_success:
            self.tokens = answer.json()
        else:
            await self.arrive()

    async def _send(self, method: str, path: str, body: Any, headers: dict[str, str] | None = None) -> Any:
        headers = dict(headers or {})
        if not path.startswith("auth/"):
            headers["Authorization"] = f"Bearer {self.tokens['access']}"
        return await self.client.request(method, path, json=body, headers=headers)


def main(link: Connection) -> None:
    """Process commands: coordinators to add; seconds to work, answered with the notes; None ends the process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent process handles Ctrl-C
    asyncio.run(_serve(link))


async def _serve(link: Connection) -> None:
    loop, notes, crew = asyncio.get_running_loop(), Notes(), list[Coordinator]()
    context = httpx2.create_ssl_context()
    while (order := await loop.run_in_executor(None, link.recv)) is not None:
        if isinstance(order, dict):
            more = [Coordinator(person, order["base"], context, notes) for person in order["people"]]
            door = asyncio.Semaphore(ARRIVING_AT_ONCE)
            await asyncio.gather(*(_arrive(coordinator, door) for coordinator in more))
            crew += more
            link.send(len(crew))
        else:
            notes.begin()
            cpu = time.process_time()
            until = time.monotonic() + order
            await asyncio.gather(*(coordinator.work(until) for coordinator in crew))
            notes.cpu_seconds = time.process_time() - cpu
            link.send(notes)


async def _arrive(coordinator: Coordinator, door: asyncio.Semaphore) -> None:
    async with door:
        while not coordinator.tokens:
            with suppress(httpx2.HTTPError):
                await coordinator.arrive()
