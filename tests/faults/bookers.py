"""Clients that book over HTTP through several web processes and repeat requests until they know the outcome."""

import json
import random
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.client import HTTPException
from typing import Any, NamedTuple
from uuid import uuid4

from tests.factories import AUSTIN, PASSWORD

EMAIL = "booker@example.com"
# What a person waits for; longer than a server that is gone without a word goes unnoticed.
PATIENCE_SECONDS = 15.0
AVOIDED_SECONDS = 5.0
SITE = {
    name: value if isinstance(value, str) else float(value) for name, value in AUSTIN.items() if name != "time_zone"
}
SET_UP = (
    "from tests.factories import ContractorFactory, UserFactory; from smartscheduler.accounts.models import User;"
    f"User.objects.filter(email='{EMAIL}').exists() or UserFactory(email='{EMAIL}');"
    "[ContractorFactory() for _ in range(20)]"
)


class Answer(NamedTuple):
    """`status` is None when there was none."""

    status: int | None
    body: Any = None
    retry_after: str | None = None


def ask(base: str, path: str, body: Any = None, *, token: str = "", key: str = "", patience: float = 10.0) -> Answer:
    """One request to a web at `http://address:port`; a POST when there is a body."""
    headers = {"Content-Type": "application/json"}
    headers |= {"Authorization": f"Bearer {token}"} if token else {}
    headers |= {"Idempotency-Key": key} if key else {}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{base}/api/v1/{path}", data, headers)  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=patience) as answer:  # noqa: S310
            return Answer(answer.status, json.loads(answer.read() or "null"))
    except urllib.error.HTTPError as error:
        return Answer(error.code, json.loads(error.read() or "null"), error.headers.get("Retry-After"))
    except (OSError, HTTPException):
        return Answer(None)


class Booker(threading.Thread):
    """Books until it is stopped; acknowledged changes are in `jobs` and `booked`, statuses in `outcomes`.

    `ahead` says by how many seconds the product's clock is ahead of ours.
    """

    def __init__(self, bases: list[str], *, pause: float = 0.05, ahead: Callable[[], float] = lambda: 0.0) -> None:
        super().__init__()
        self.bases, self.pause, self.ahead = list(bases), pause, ahead
        self.jobs: list[str] = []
        self.booked: list[str] = []
        self.outcomes: Counter[int | None] = Counter()
        self.slowest = 0.0
        self.tokens: dict[str, str] = {}
        self.avoided: dict[str, float] = {}
        self.failure: BaseException | None = None
        self._told = threading.Event()

    def stop(self) -> None:
        self._told.set()
        self.join(120)
        assert not self.is_alive()
        if self.failure:
            raise self.failure

    def run(self) -> None:
        try:
            while not self._told.wait(self.pause):
                self._book()
        except BaseException as error:
            self.failure = error

    def _book(self) -> None:
        at = datetime.now(UTC) + timedelta(days=random.randint(1, 9), seconds=self.ahead())
        body = {"type": "flooring", "desired_date": at.isoformat(), "duration": "01:00:00", "location": SITE}
        job = self._insist("jobs/", body)["id"]
        self.jobs.append(job)
        ranking = self._insist(f"jobs/{job}/recommendations/?max_results=5")["recommendations"]
        if not ranking:
            return
        chosen = random.choice(ranking)
        start = random.choice(chosen["available_time_slots"])["start"]
        booked = self._insist("assignments/", {"job": job, "contractor": chosen["contractor"]["id"], "start": start})
        if booked:
            self.booked.append(booked["id"])

    def _insist(self, path: str, body: Any = None) -> Any:
        """Ask one web after the other, with the same key, until one says yes or no; None for no."""
        key = str(uuid4()) if body else ""
        while True:
            base, began = self._choose(), time.monotonic()
            answer = ask(base, path, body, token=self._token(), key=key, patience=PATIENCE_SECONDS)
            self.outcomes[answer.status] += 1
            self.slowest = max(self.slowest, time.monotonic() - began)
            if answer.status in {200, 201}:
                return answer.body
            if answer.status == 409:
                return None
            if answer.status == 401:
                self.tokens.clear()
            elif answer.status not in {None, 503}:
                raise AssertionError((path, body, answer))
            self.avoided[base] = time.monotonic() + AVOIDED_SECONDS
            time.sleep(0.2)

    def _choose(self) -> str:
        """As a proxy does: one that has failed is left alone for a while, unless there is no other."""
        now = time.monotonic()
        return random.choice([base for base in self.bases if self.avoided.get(base, 0.0) < now] or self.bases)

    def _token(self) -> str:
        """A token of one web is good at all of them."""
        while not self.tokens:
            answer = ask(self._choose(), "auth/login/", {"email": EMAIL, "password": PASSWORD})
            if answer.status == 200:
                self.tokens["access"] = answer.body["access"]
        return self.tokens["access"]


@contextmanager
def booking(*bases: str, count: int = 2, **options: Any) -> Iterator[list[Booker]]:
    """So many people at work; at the end what they hold in hand is finished."""
    crew = [Booker(list(bases), **options) for _ in range(count)]
    for booker in crew:
        booker.start()
    try:
        yield crew
    finally:
        for booker in crew:
            booker.stop()


def booked(crew: list[Booker]) -> int:
    return sum(len(booker.booked) for booker in crew)
