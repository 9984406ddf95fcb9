"""`python .ci/advisories.py`: known vulnerabilities of what production is made of; a part of `make lint`.

Python's packages are those of requirements-prod.lock, asked of OSV (osv.dev, or OSV_URL) by pip-audit; JavaScript's are
the production packages of frontend/, asked by `npm audit`. A vulnerability fails. So does a service that cannot be
reached with AUDIT=required, as in the workflow; elsewhere that is said in a line, for work must go on offline.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements-prod.lock"
OSV_URL = "https://api.osv.dev/v1/query"
LONGEST_SECONDS = 90
Findings = list[str]


class Unreachable(Exception):
    """The database of advisories could not be read, so that the result is unknown."""


def of_python(lock: Path = LOCK, url: str = "") -> Findings:
    """A line for each vulnerability of the packages of a lock with hashes. Raises Unreachable."""
    url = url or os.environ.get("OSV_URL") or OSV_URL
    options = ["--disable-pip", "--progress-spinner=off", "--desc=off", "--format=json", "--timeout=5"]
    command = [sys.executable, "-m", "pip_audit", "-r", str(lock), "-s", "osv", "--osv-url", url, *options]
    report = _asked(command)
    packages = report.get("dependencies", [])
    # Without a version there was no question: that is no answer either.
    if not packages or any("skip_reason" in package for package in packages):
        raise Unreachable
    return [
        f"{each['name']} {each['version']}: {bug['id']}, fixed in {', '.join(bug['fix_versions']) or 'no version yet'}"
        for each in packages
        for bug in each["vulns"]
    ]


def of_javascript(npm: str = "") -> Findings:
    """The same of the packages that get into the bundle; `npm` is the command. Raises Unreachable."""
    npm = npm or os.environ.get("NPM") or "npm --prefix frontend"
    report = _asked(["sh", "-c", f"{npm} audit --omit=dev --json"])
    if "auditReportVersion" not in report:
        raise Unreachable
    return [f"{name} {bug['range']}: {bug['severity']}" for name, bug in report["vulnerabilities"].items()]


def _asked(command: list[str]) -> dict[str, Any]:
    try:
        done = subprocess.run(  # noqa: S603  (our own words)
            command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=LONGEST_SECONDS
        )
        report = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError) as error:
        raise Unreachable from error
    if not isinstance(report, dict):
        raise Unreachable
    return report


def audit(parts: dict[str, Callable[[], Findings]], *, required: bool) -> int:
    """Print a line for each part, and lines of what was found; the exit code."""
    bad = False
    for name, ask in parts.items():
        began = time.monotonic()
        try:
            findings = ask()
            result = "failed" if findings else f"{time.monotonic() - began:.0f} s"
        except Unreachable:
            findings, result = [], "failed" if required else "not asked"
            bad |= required
            print(f"  {name:<44}{result:>8}")
            print("    The advisory service cannot be reached; the next run, or the workflow, will ask it.")
            continue
        bad |= bool(findings)
        print("\n".join([f"  {name:<44}{result:>8}", *(f"    {line}" for line in findings)]))
    return int(bad)


if __name__ == "__main__":
    sys.exit(
        audit(
            {"Known vulnerabilities (Python)": of_python, "Known vulnerabilities (JavaScript)": of_javascript},
            required=os.environ.get("AUDIT") == "required",
        )
    )
