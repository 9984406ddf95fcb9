"""The benchmark builds valid worlds, queries the product, and detects wrong results."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

from benchmarks import pages, report
from benchmarks.worlds import build
from smartscheduler import BASE_DIR
from smartscheduler.accounts.permissions import Role
from tests.pages import signed_in
from tests.products import SET_BY_THE_RUN, folder


def test_worlds_of_equal_seeds_are_equal() -> None:
    world, same, other = build(200), build(200), build(200, seed=2)
    assert (world.latitude == same.latitude).all()
    assert (world.booked == same.booked).all()
    assert (world.latitude != other.latitude).any()


@pytest.mark.system
def test_the_ranking_is_that_of_a_full_scan_in_random_worlds() -> None:
    """Everything real: a cluster of its own, a world loaded with every constraint put back, and another program."""
    with folder() as path:
        environment = {name: value for name, value in os.environ.items() if name not in SET_BY_THE_RUN}
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.oracle", "--size", "400", "--worlds", "60", "--seed", "3"],
            cwd=BASE_DIR,
            env=environment | {"DATA_DIR": str(path)},
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "60 worlds of 400 contractors: 0 differ" in done.stdout


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Any]:
    monkeypatch.setattr(report, "HERE", tmp_path)
    monkeypatch.setattr(report, "CHART", tmp_path / "chart.svg")

    def publish(service: Any, differing: int = 0) -> dict[Any, Any]:
        ways = {"select_1": 0.1, "service": service, "http": 2, "canned": 1, "why_not": 1, "scan": 5}
        samples = {(way, size): [took, took] for way, took in ways.items() for size in (1_000, 100_000, 1_000_000)}
        figures = {
            "differing": {"1000": differing},
            "batch": {"size": 1_000, "one call": 30.0, "a hundred calls": 100.0},
            "throughput": {"size": 1_000, "1 client": 100.0, "8 clients": 170.0},
        }
        report.publish(samples, figures)
        written = json.loads((tmp_path / "results.json").read_text())
        return {goal["name"]: goal["met"] for goal in written["goals"]}

    return publish


def test_goals_are_met_or_missed_by_their_figures(
    published: Callable[..., Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    quick, slow = published(1.0), published(5.0, differing=1)
    missed = {name for name, met in slow.items() if not met}
    assert all(quick.values())
    assert missed == {"service p50 at 100k ÷ SELECT 1", "answers that differ"}
    assert "missed  service p50 at 100k ÷ SELECT 1" in capsys.readouterr().out
    assert (tmp_path / "chart.svg").read_text().startswith("<svg")


@pytest.mark.usefixtures("published")
def test_a_quick_run_leaves_the_published_figures_alone(tmp_path: Path) -> None:
    samples = {("service", 1_000): [1.0], ("select_1", 1_000): [0.1]}
    figures = {
        "differing": {},
        "batch": {"one call": 1, "a hundred calls": 9},
        "throughput": {"1 client": 1, "8 clients": 2},
    }
    report.publish(samples, figures)
    assert [path.name for path in tmp_path.iterdir()] == ["results-quick.json"]


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch, db: None) -> Callable[[], dict[str, str]]:
    """The pages that would be opened, lists in one way each, as if there were a record of everything."""
    monkeypatch.setattr(pages, "_record", lambda model: SimpleNamespace(pk=uuid4()))
    monkeypatch.setattr(pages, "_ways", lambda client, name, path, shown: [pages.Page(name, "", path)])
    return lambda: {page.name: page.path for page in pages.pages(signed_in(Role.ADMINISTRATOR))}


def test_every_page_of_the_back_office_is_measured(known: Callable[[], dict[str, str]]) -> None:
    paths = known()
    assert {
        "index",
        "reports",
        "jobs_job_changelist",
        "jobs_job_recommend",
        "contractors_contractor_week",
    } <= paths.keys()
    assert {"imports_importrun_change", "events_outboxevent_changelist", "accounts_user_add"} <= paths.keys()
    assert not any("<" in path for path in paths.values())


def test_a_page_without_known_parameters_fails_the_run(
    known: Callable[[], dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "patterns", lambda: [("jobs_job_new", "admin/jobs/job/<slug:whose>/new/")])
    with pytest.raises(LookupError, match="no value to open jobs_job_new"):
        known()
