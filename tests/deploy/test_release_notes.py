"""Version numbers and the changelog."""

import re
import subprocess
import sys
import tomllib

import pytest
import yaml

from smartscheduler import BASE_DIR, __version__
from tests.scripts import script

release_notes = script(".github/release_notes.py")

CHANGELOG = """# Changelog

## [0.3.0] – unreleased

### Added

- Something new.

## [0.2.0] – 2026-12-01

### Fixed

- Something old.

## [0.1.0] – 2026-11-30
"""


def test_the_notes_are_the_section_of_the_version() -> None:
    assert release_notes.notes(CHANGELOG, "0.2.0") == "### Fixed\n\n- Something old."


@pytest.mark.parametrize(
    ("version", "why"),
    [("0.3.0", "not dated"), ("0.1.0", "says nothing"), ("9.9.9", "knows 0.3.0, 0.2.0, 0.1.0, not"), ("", "not an")],
)
def test_what_cannot_be_published_says_why(version: str, why: str) -> None:
    with pytest.raises(release_notes.NoNotes, match=why):
        release_notes.notes(CHANGELOG, version)


def test_the_changelog_begins_with_the_version_of_the_code() -> None:
    assert release_notes.HEADING.search((BASE_DIR / "CHANGELOG.md").read_text())["version"] == __version__


def test_the_version_stands_in_one_place() -> None:
    project = tomllib.loads((BASE_DIR / "pyproject.toml").read_text())
    assert project["project"]["dynamic"] == ["version"]
    assert BASE_DIR / project["tool"]["hatch"]["version"]["path"] == BASE_DIR / "smartscheduler" / "__init__.py"
    assert re.fullmatch(r"\d+\.\d+\.\d+", __version__)
    tag = yaml.safe_load((BASE_DIR / "deploy/kubernetes/kustomization.yaml").read_text())["images"][0]["newTag"]
    assert tag == __version__


def test_the_product_says_its_version() -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "version"], cwd=BASE_DIR, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith(f"SmartScheduler {__version__} (Django ")


class TestWorkflow:
    WORKFLOW = yaml.safe_load((BASE_DIR / ".github" / "workflows" / "ci.yml").read_text())

    def test_runs_what_every_change_must_pass(self) -> None:
        commands = [step.get("run", "") for job in self.WORKFLOW["jobs"].values() for step in job["steps"]]
        targets = re.findall(r"^make (\S+)", (BASE_DIR / ".ci" / "run").read_text(), flags=re.MULTILINE)
        assert targets
        for target in targets:
            assert any(f"make {target}" in command for command in commands), target

    def test_on_every_python_and_postgresql_that_is_promised(self) -> None:
        matrix = self.WORKFLOW["jobs"]["test"]["strategy"]["matrix"]
        assert matrix["python"] == ["3.11", "3.12", "3.13"]
        assert matrix["postgresql"] == ["15", "16", "17", "18"]

    def test_every_make_target_that_is_called_exists(self) -> None:
        makefile = (BASE_DIR / "Makefile").read_text()
        for job in self.WORKFLOW["jobs"].values():
            for step in job["steps"]:
                for target in re.findall(r"\bmake ([a-z][a-z0-9-]*)", step.get("run", "")):
                    assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), target
