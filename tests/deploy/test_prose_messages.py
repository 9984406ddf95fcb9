"""The texts that the prose linter reads: templates, Python, and the API."""

import subprocess
import sys
from pathlib import Path

import yaml

from smartscheduler import BASE_DIR
from tests.scripts import script

messages = script(".ci/prose/messages.py")


def test_texts_of_a_template() -> None:
    source = """{% load i18n %}
{% translate "It's open" %}
{% include "card.html" with title=_("Job") %}
{% blocktranslate trimmed count n=jobs with name=job.name %}
    {{ n }} job of {{ name }}
    {% plural %}
    {{ n }} jobs of {{ name }}
{% endblocktranslate %}"""
    lines = {text: line for line, text in messages.of_template(source)}
    assert list(lines) == ["It's open", "Job", "%(n)s job of %(name)s", "%(n)s jobs of %(name)s"]
    assert (lines["It's open"], lines["Job"]) == (2, 3)


def test_texts_of_python() -> None:
    source = """
title = _("Open " "jobs")
text = translation.gettext('"Job"').format(1)
rows = ngettext("{} row", "{} rows", count)
verb = pgettext("verb", "Book")
log.info("not a message")
"""
    assert list(messages.of_python(source)) == [
        (2, "Open jobs"),
        (3, '"Job"'),
        (4, "{} row"),
        (4, "{} rows"),
        (5, "Book"),
    ]


def test_texts_of_the_schema() -> None:
    schema = """info:
  title: Jobs
paths:
  - description: |
      First line.
      Second line.
    operationId: list
"""
    assert list(messages.of_schema(yaml.compose(schema))) == [(2, "Jobs"), (4, "First line.\nSecond line.\n")]


def test_writes_each_text_once_after_its_source(tmp_path: Path) -> None:
    target = tmp_path / "messages.md"
    command = [sys.executable, str(BASE_DIR / ".ci/prose/messages.py"), str(target)]
    subprocess.run(command, cwd=BASE_DIR, check=True)
    text = target.read_text()
    assert "`templates/429.html:" in text
    assert "`smartscheduler/" in text
    assert "`docs/openapi.yaml:" in text
    assert text.count("\n\nToo many requests\n\n") == 1
