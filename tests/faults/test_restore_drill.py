"""Restore drill with real processes: data is destroyed, restored, and the product continues."""

import json
import re
import shutil
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.faults.stack import FULL
from tests.products import Product, product

pytestmark = [pytest.mark.system, pytest.mark.xdist_group("up")]
TABLES = ("contractors_contractor", "contractors_workinghours", "jobs_job", "assignments_assignment", "accounts_user")
LOGIN = {"email": "coordinator@example.com", "password": "smartscheduler-demo"}


class Client:
    """A client of a product's API."""

    def __init__(self, site: Product) -> None:
        self.base, self.token = f"http://127.0.0.1:{site.port}/api/v1", ""
        self.token = self.ask("auth/login/", LOGIN)["access"]

    def ask(self, path: str, body: dict[str, Any] | None = None) -> Any:
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        request = urllib.request.Request(
            f"{self.base}/{path}", json.dumps(body).encode() if body is not None else None, headers
        )
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.loads(answer.read() or "null")

    def book_the_best(self) -> dict[str, Any]:
        """Assign the first open job that has a candidate."""
        for job in self.ask("jobs/?status=open&ordering=-desired_date")["results"]:
            ranking = self.ask(f"jobs/{job['id']}/recommendations/?max_results=1")["recommendations"]
            if ranking:
                start = ranking[0]["available_time_slots"][0]["start"]
                body = {"job": job["id"], "contractor": ranking[0]["contractor"]["id"], "start": start}
                return dict(self.ask("assignments/", body))
        raise AssertionError("Nobody can take any job.")


def rows(site: Product) -> dict[str, int]:
    return {table: site.rows(table) for table in TABLES}


def backup_of(site: Product, *options: str) -> Path:
    done = site.manage("backup", "--to", str(site.data_dir.parent / "safe"), *options)
    assert done.returncode == 0, done.stderr
    return Path(re.findall(r"^/.*$", done.stdout, re.MULTILINE)[0])


def doctor_says(site: Product, *options: str) -> dict[str, str]:
    done = site.manage("doctor", "--json", *options)
    return {outcome["check"]: outcome["state"] for outcome in json.loads(done.stdout)}


def destroy(site: Product) -> None:
    assert site.stop() == 0
    for folder in site.data_dir.glob("postgresql*"):
        shutil.rmtree(folder)
    shutil.rmtree(site.data_dir / "valkey")


@pytest.mark.parametrize("base", [False, True] if FULL else [False], ids=lambda base: "base backup" if base else "dump")
def test_from_a_destroyed_database_back_to_work(base: Any) -> None:
    with product(DEMO_PASSWORD=LOGIN["password"]) as site:
        site.up()
        assert site.manage("seed_demo", "--contractors", "40", "--jobs", "25", "-v", "0").returncode == 0
        booked = Client(site).book_the_best()

        # A backup of the product at work; then more happens, and all of it is lost.
        backup, before = backup_of(site, *(["--base"] if base else ["--verify"])), rows(site)
        client = Client(site)
        lost = client.book_the_best()
        seen = client.ask("events/?limit=1")["head"]
        refused = site.manage("restore", str(backup), "--replace", "smartscheduler")
        assert "SmartScheduler is running on" in refused.stderr
        assert client.ask(f"assignments/{lost['id']}/")["status"] == "pending"
        destroy(site)

        done = site.manage("restore", str(backup), *(["--replace", "smartscheduler"] if base else []))
        assert done.returncode == 0, done.stdout + done.stderr
        assert set(doctor_says(site, "--data").values()) == {"ok"}

        site.up()
        assert rows(site) == before
        client = Client(site)
        assert client.ask(f"assignments/{booked['id']}/")["status"] == "pending"
        with pytest.raises(urllib.error.HTTPError, match="404"):
            client.ask(f"assignments/{lost['id']}/")
        page = client.ask(f"events/?after={seen}")
        assert page["resync"] is True
        assert page["results"] == []
        again = client.book_the_best()
        events = client.ask(f"events/?after={page['next_after']}&wait=20&types=JobAssigned")["results"]
        assert [event["data"]["assignment_id"] for event in events] == [again["id"]]
        assert {check for check, state in doctor_says(site).items() if state == "broken"} == set()
        assert site.stop() == 0
