"""Users of the browser tests, and helpers that use the API."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from playwright.sync_api import APIRequestContext, APIResponse, Page, Playwright

PASSWORD = "smartscheduler-demo"
COORDINATOR, MANAGER, ADMINISTRATOR = "coordinator@example.com", "manager@example.com", "admin@example.com"
BASE = {
    "latitude": 30.2672,
    "longitude": -97.7431,
    "address": "100 Congress Avenue",
    "city": "Austin",
    "state": "TX",
    "zip_code": "78701",
}
COPIED = ("type", "duration", "required_skills", "location", "customer_name")
NONE_OF_A_NAME = "Nobody of That Name"


def sign_in(page: Page, email: str) -> None:
    """Fill the login form that `page` shows, and go where it leads."""
    page.get_by_label("Email address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/login/" not in url)


def note_faults(page: Page, faults: list[str]) -> None:
    """Add to `faults` whatever goes wrong on `page`: in the console, in scripts, in loading."""
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("response", lambda answer: faults.append(f"{answer.status} {answer.url}") if answer.status >= 400 else None)


@dataclass(frozen=True)
class Api:
    """The API, as one person."""

    request: APIRequestContext
    # Jobs that `new_job` copies.
    models: Sequence[Any] = ()

    @classmethod
    def of(cls, playwright: Playwright, address: str, email: str, models: Sequence[Any] = ()) -> "Api":
        v1 = f"{address}/api/v1/"
        door = playwright.request.new_context(base_url=v1)
        access = _json(door.post("auth/login/", data={"email": email, "password": PASSWORD}))["access"]
        door.dispose()
        return cls(
            playwright.request.new_context(base_url=v1, extra_http_headers={"Authorization": f"Bearer {access}"}),
            models,
        )

    def get(self, path: str, **params: Any) -> Any:
        return _json(self.request.get(path, params=params))

    def post(self, path: str, **body: Any) -> Any:
        return _json(self.request.post(path, data=body))

    def listed(self, path: str, **params: Any) -> list[Any]:
        results: list[Any] = self.get(path, page_size=100, **params)["results"]
        return results

    def job(self, job_id: str) -> Any:
        return self.get(f"jobs/{job_id}/")

    def candidates(self, job: Any) -> list[Any]:
        candidates: list[Any] = self.get(f"jobs/{job['id']}/recommendations/")["recommendations"]
        return candidates

    def bookings(self, job: Any) -> list[Any]:
        """Every assignment of the job, cancelled ones too."""
        return self.listed("assignments/", job=job["id"])

    def assign_best(self, job: Any) -> Any:
        best = self.candidates(job)[0]
        start = best["available_time_slots"][0]["start"]
        return _json(
            self.request.post(
                "assignments/", data={"job": job["id"], "contractor": best["contractor"]["id"], "start": start}
            )
        )

    def new_contractor(self, **values: Any) -> Any:
        """A contractor for this test only, in Austin, who works every day."""
        number = random.randrange(10**9)
        hours = [{"day_of_week": day, "start_time": "08:00", "end_time": "17:00"} for day in range(7)]
        usual = {
            "name": f"Crew {number:09}",
            "type": "multi",
            "email": f"crew{number}@example.com",
            "phone_number": "(512) 555-0143",
            "location": BASE,
            "working_hours": hours,
        }
        return self.post("contractors/", **{**usual, **values})

    def book(self, contractor: Any, days: int = 2) -> Any:
        """An assignment of `contractor` to a new job at their base, in their first free slot of that day."""
        desired_date = datetime.now(UTC).replace(hour=18, minute=0, second=0, microsecond=0) + timedelta(days=days)
        job = self.post(
            "jobs/",
            type="tile",
            desired_date=desired_date.isoformat(),
            duration="02:00:00",
            location=contractor["location"],
        )
        slots = self.get(f"contractors/{contractor['id']}/availability/", job=job["id"])["available_time_slots"]
        return self.post("assignments/", job=job["id"], contractor=contractor["id"], start=slots[0]["start"])

    def new_job(self) -> Any:
        """An open job like one of the demo's, desired in a few days.

        Its first two candidates have several start times each.
        """
        for job in random.sample(self.models, len(self.models)):
            desired_date = datetime.now(UTC).replace(hour=18, minute=0, second=0, microsecond=0) + timedelta(days=3)
            body = {name: job[name] for name in COPIED}
            created = self.post("jobs/", **body, desired_date=desired_date.isoformat(), priority="urgent")
            starts = [len(candidate["available_time_slots"]) for candidate in self.candidates(created)[:2]]
            if len(starts) == 2 and min(starts) > 1:
                return created
            self.post(f"jobs/{created['id']}/cancel/", reason="Too few start times for this test")
        raise LookupError(f"None of {len(self.models)} jobs will do.")


def _json(answer: APIResponse) -> Any:
    assert answer.ok, f"{answer.status} {answer.url}: {answer.text()}"
    return answer.json()
