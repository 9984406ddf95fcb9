"""`python .github/release_notes.py CHANGELOG.md 0.1.0`: what the changelog says of a version, for its page."""

import re
import sys
from pathlib import Path

HEADING = re.compile(r"^## \[(?P<version>[^\]]+)\](?: – (?P<date>.+))?$", flags=re.MULTILINE)


class NoNotes(Exception):
    """There is nothing to publish; the message says why."""


def notes(changelog: str, version: str) -> str:
    """The section of `version`, without its heading. Raises NoNotes when it is missing, empty or not dated."""
    headings = list(HEADING.finditer(changelog))
    known = [heading["version"] for heading in headings]
    if version not in known:
        raise NoNotes(f"The changelog knows {', '.join(known) or 'no version'}, not {version or 'an empty one'}.")
    place = known.index(version)
    end = headings[place + 1].start() if place + 1 < len(headings) else len(changelog)
    section = changelog[headings[place].end() : end].strip()
    if headings[place]["date"] in {None, "unreleased"}:
        raise NoNotes(f"{version} is not dated in the changelog: give it its day first.")
    if not section:
        raise NoNotes(f"The changelog says nothing of {version}.")
    return section


if __name__ == "__main__":
    try:
        print(notes(Path(sys.argv[1]).read_text(), sys.argv[2].removeprefix("v")))
    except NoNotes as problem:
        sys.exit(str(problem))
