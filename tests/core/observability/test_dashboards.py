"""Alerts and the dashboard use existing metrics and link to existing runbooks."""

import json
import os
import re
import shutil
import subprocess

import pytest
import yaml
from pytest_django import Settings

from smartscheduler import BASE_DIR
from smartscheduler.core.observability.metrics.definitions import FAMILIES
from smartscheduler.events.models import EventReader
from smartscheduler.ops.doctor import last_report
from smartscheduler.ops.metrics import Figures
from tests.factories import AssignmentFactory

PROMETHEUS = BASE_DIR / "deploy" / "prometheus"
RULES = [rule for group in yaml.safe_load((PROMETHEUS / "alerts.yml").read_text())["groups"] for rule in group["rules"]]
DASHBOARD = json.loads((BASE_DIR / "deploy" / "grafana" / "dashboard.json").read_text())
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
EXPRESSIONS = [rule["expr"] for rule in RULES] + [target["expr"] for panel in PANELS for target in panel["targets"]]
OPERATIONS = (BASE_DIR / "docs" / "operations.md").read_text()
PROMTOOL = os.environ.get("PROMTOOL") or shutil.which("promtool")
SUFFIXES = {"counter": ["_total"], "gauge": [""], "info": ["_info"], "histogram": ["_bucket", "_sum", "_count"]}


@pytest.fixture
def exported(db: None, settings: Settings) -> dict[str, set[str]]:
    """The name of every sample that the metrics can have, with its labels."""
    settings.TRAVEL_PROVIDERS, settings.TRAVEL_KEYS = ["openrouteservice"], {"openrouteservice": "SECRET"}
    AssignmentFactory()
    EventReader.objects.create(name="mails")
    last_report.remember([])
    labels_of = {}
    for family in Figures().collect():
        labels = set().union(*(sample.labels for sample in family.samples))
        known = FAMILIES.get(family.name)
        labels |= set(known.labels) if known else set()
        for suffix in SUFFIXES[family.type]:
            labels_of[family.name + suffix] = labels | ({"le"} if suffix == "_bucket" else set())
    return labels_of


def test_every_metric_that_is_named_is_exported(exported: dict[str, set[str]]) -> None:
    named = {name for text in EXPRESSIONS for name in re.findall(r"smartscheduler_\w+", text)}
    assert len(named) > 15
    assert named <= exported.keys()


def test_labels_that_are_asked_for_are_there(exported: dict[str, set[str]]) -> None:
    for text in EXPRESSIONS:
        for name, selector in re.findall(r"(smartscheduler_\w+)\{([^}]*)\}", text):
            assert set(re.findall(r"(\w+)[!=]=?~?\"", selector)) <= exported[name], text
        for by in re.findall(r"by \(([^)]*)\)", text):
            names = re.findall(r"smartscheduler_\w+", text)
            assert {label.strip() for label in by.split(",")} <= exported[names[0]], text


def test_every_number_of_the_process_is_shown(exported: dict[str, set[str]]) -> None:
    shown = {name for text in EXPRESSIONS for name in re.findall(r"smartscheduler_\w+", text)}
    for family in FAMILIES:
        assert any(name.startswith(family) for name in shown), family


def test_every_alert_leads_to_its_line_of_the_incident_table() -> None:
    for rule in RULES:
        page, _, anchor = rule["annotations"]["runbook"].partition("#")
        assert (page, anchor) == ("docs/operations.md", rule["alert"].lower())
        assert f'<a id="{anchor}"></a>' in OPERATIONS, anchor
        assert rule["labels"]["severity"] in {"page", "ticket"}
    assert len({rule["alert"] for rule in RULES}) == len(RULES)


def test_the_panels_lie_side_by_side() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        taken |= cells
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])


@pytest.mark.skipif(PROMTOOL is None, reason="There is no promtool here; the tests above hold names and labels.")
@pytest.mark.parametrize(
    "command",
    [["check", "rules", "alerts.yml"], ["test", "rules", "alerts.test.yml"], ["check", "config", "--syntax-only"]],
    ids=["rules", "their tests", "configuration"],
)
def test_promtool_agrees(command: list[str]) -> None:
    arguments = command if command[-1].endswith("yml") else [*command, "prometheus.yml"]
    done = subprocess.run([str(PROMTOOL), *arguments], cwd=PROMETHEUS, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
