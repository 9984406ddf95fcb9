"""Push jobs from a CSV file by their external number, and follow their bookings.

    push_jobs.py push jobs.csv       creates jobs, and changes those that are known
    push_jobs.py follow bookings.csv appends a line for each change of a booking, until Ctrl+C; goes on where it ended

The CSV has the columns number, type, desired_date, duration, address, city, state, zip_code, latitude and longitude.
SMARTSCHEDULER_URL, _EMAIL and _PASSWORD are environment variables; SMARTSCHEDULER_SOURCE names this system.
Needs Python 3.11 alone.
"""

import csv
import json
import os
import random
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

SOURCE = os.environ.get("SMARTSCHEDULER_SOURCE", "example")
ACTS = ("Rescheduled", "Confirmed", "Started", "Completed", "Cancelled")
FOLLOWED = ",".join(["JobAssigned", *(f"Assignment{act}" for act in ACTS)])
PLACE = ("address", "city", "state", "zip_code")
ATTEMPTS = 8


class Refused(Exception):
    """The problem document of an answer that another attempt would not change."""

    def __init__(self, problem: dict[str, Any]) -> None:
        fields = "; ".join(f"{name}: {' '.join(texts)}" for name, texts in problem.get("errors", {}).items())
        super().__init__(fields or problem["detail"])
        self.problem = problem


class Api:
    """Calls that survive an expired token, a limit, a lost connection and a restarted server."""

    def __init__(self, url: str, email: str, password: str) -> None:
        self.url, self.account = f"{url}/api/v1", {"email": email, "password": password}
        self.tokens: dict[str, Any] = {}

    def call(self, method: str, path: str, body: Any = None) -> tuple[Any, int]:
        """The answer and its status. Raises Refused.

        For calls that can be repeated, as a lost answer is asked for again: a POST would need an `Idempotency-Key`.
        """
        for attempt in range(ATTEMPTS):
            try:
                return self._send(method, path, body, self._authorization())
            except urllib.error.HTTPError as error:
                problem = json.loads(error.read() or b'{"detail": "No details."}')
                if error.code == 401 and "token-not-valid" in problem.get("type", ""):
                    self.tokens = {}
                elif error.code in {429, 502, 503, 504}:
                    time.sleep(float(error.headers.get("Retry-After") or pause(attempt)))
                else:
                    raise Refused(problem) from error
            except (OSError, TimeoutError):
                time.sleep(pause(attempt))
        raise TimeoutError(f"No answer to {method} {path}.")

    def _authorization(self) -> dict[str, str]:
        if not self.tokens:
            self.tokens, _status = self._send("POST", "/auth/login/", self.account, {})
        return {"Authorization": f"Bearer {self.tokens['access']}"}

    def _send(self, method: str, path: str, body: Any, headers: dict[str, str]) -> tuple[Any, int]:
        data = None if body is None else json.dumps(body).encode()
        sent = {"Content-Type": "application/json", **headers}
        request = urllib.request.Request(self.url + path, data, sent, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer), answer.status


def pause(attempt: int) -> float:
    """Seconds before the next attempt: longer each time, and not the same for all clients."""
    return min(30.0, 0.5 * float(2**attempt)) * random.uniform(0.5, 1.0)


# --- Push -------------------------------------------------------------------------------------------------------------


def push(api: Api, path: Path) -> int:
    """Create or change the job of each row. A refused row is reported and does not stop the others."""
    refused = 0
    with path.open(newline="", encoding="utf-8-sig") as file:
        for row in csv.DictReader(file):
            try:
                print(row["number"], *put_job(api, row))
            except Refused as refusal:
                refused += 1
                print(row["number"], "refused", refusal)
    return 1 if refused else 0


def put_job(api: Api, row: dict[str, str]) -> tuple[str, str]:
    """What became of the row, and the number of its job. The same row twice changes nothing."""
    job: dict[str, Any] = {name: row[name] for name in ("type", "desired_date", "duration")}
    job["location"] = {name: row[name] for name in PLACE} | {
        name: float(row[name]) for name in ("latitude", "longitude")
    }
    answer, status = api.call("PUT", f"/jobs/by-ref/{SOURCE}/{quote(row['number'], safe='')}/", job)
    return "created" if status == 201 else "known", answer["job_number"]


# --- Follow -----------------------------------------------------------------------------------------------------------


def follow(api: Api, path: Path) -> None:
    """Append each change of a booking of our jobs. A restart misses and repeats none."""
    beside = path.with_suffix(".position")
    position = last_position(path, beside)
    while True:
        query = {"types": FOLLOWED, "wait": 25, "after": head_of(api) if position is None else position}
        page, _status = api.call("GET", f"/events/?{urlencode(query)}")
        # Events that are older than the log: the present bookings take the place of what was missed.
        lines = present_bookings(api, page["head"]) if page["resync"] else map(partial(line_of, api), page["results"])
        with path.open("a", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(line for line in lines if line)
        position = page["head"] if page["resync"] else page["next_after"]
        beside.write_text(str(position))


def last_position(path: Path, beside: Path) -> int | None:
    """The number of the last event that was handled. After a crash, the last line can be ahead of `beside`."""
    lines = list(csv.reader(path.open(encoding="utf-8"))) if path.exists() else []
    known = [int(lines[-1][0])] if lines else []
    return max([*known, *([int(beside.read_text())] if beside.exists() else [])], default=None)


def head_of(api: Api) -> int:
    page, _status = api.call("GET", "/events/?limit=1")
    return int(page["head"])


def line_of(api: Api, event: dict[str, Any]) -> list[Any] | None:
    """Sequence, number, event, contractor, start and end; None for a job of another system."""
    data = event["data"]
    job, _status = api.call("GET", f"/jobs/{data['job_id']}/")
    slot = data.get("time_slot") or {"start": "", "end": ""}
    line = [event["sequence"], job["external_id"], event["type"], data["contractor_name"], slot["start"], slot["end"]]
    return line if job["source"] == SOURCE else None


def present_bookings(api: Api, head: int) -> Iterator[list[Any]]:
    query = {"source": SOURCE}
    while True:
        jobs, _status = api.call("GET", f"/jobs/?{urlencode(query)}")
        for job in jobs["results"]:
            if booked := job["assignment"]:
                slot = booked["time_slot"]
                yield [head, job["external_id"], "present", booked["contractor_name"], slot["start"], slot["end"]]
        if not jobs["next_cursor"]:
            return
        query = {"source": SOURCE, "cursor": jobs["next_cursor"]}


def main() -> int:
    act, path = sys.argv[1], Path(sys.argv[2])
    names = ("URL", "EMAIL", "PASSWORD")
    api = Api(*(os.environ[f"SMARTSCHEDULER_{name}"] for name in names))
    if act == "push":
        return push(api, path)
    with suppress(KeyboardInterrupt):
        follow(api, path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
