"""Times, dates and durations for people are formatted in smartscheduler.core.formatting only.

The guard reads the syntax trees of the product and the tags of its templates. Formats for machines (file names, ISO
8601, headers of requests) and the output of commands have an entry in `FOR_MACHINES`.
"""

import ast
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.db import models
from django.template.base import Lexer, TokenType

from smartscheduler import BASE_DIR
from tests.smartscheduler.test_translated_texts import TRANSLATED, files, name_of

FORMATTING = "smartscheduler/core/formatting.py"
# Modules with formats that no reader of a page sees, each with what they write.
FOR_MACHINES = {
    "jobs/models.py": "job numbers",
    "recommendations/planning/models.py": "plan numbers",
    "recommendations/travel/providers/google_routes.py": "requests",
    "smartscheduler/backoffice/admin/audit.py": "names of files",
    "smartscheduler/core/json_values.py": "values of events",
    "smartscheduler/imports/export_views.py": "names of files",
}
# Operators read these in a terminal; folders of commands and of servers.
TERMINAL = ("smartscheduler/management/", "smartscheduler/ops/")
STRFTIME = re.compile(r"%-?[aAbBcdHIjmMpSUwWxXyYZf]")
FORMATTERS = {"strftime", "strptime", "date_format", "time_format", "localize", "naturaltime", "naturalday"}
FORMATTERS |= {"timesince", "timeuntil", "duration_string", "localtime"}
# Filters of templates, and the only arguments of `date`: values of inputs and attributes.
FILTER = re.compile(r"\|\s*(time|timesince|timeuntil|naturaltime|naturalday|localtime|timezone)\b")
DATE = re.compile(r"\|\s*date\b(?::\"([^\"]*)\")?")
ISO = {"Y-m-d", "c"}
# An attribute that is an instant by its name, without a filter.
BARE_INSTANT = re.compile(r"[\w.]+\.(\w+_at|at|moment|desired_date)")


def faults_of_module(source: str) -> Iterator[str]:
    """Formats of times and calls of formatters outside core.formatting."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.FormattedValue(format_spec=ast.JoinedStr() as form) if STRFTIME.search(ast.unparse(form)):
                yield f"line {node.lineno}: {ast.unparse(node)[:60]}"
            case ast.Call(func=function) if name_of(function) in FORMATTERS:
                yield f"line {node.lineno}: {name_of(function)}"
            case ast.ImportFrom(names=names):
                imported = {name.name for name in names} & FORMATTERS
                yield from (f"line {node.lineno}: import of {name}" for name in sorted(imported))


def faults_of_template(source: str) -> Iterator[str]:
    for token in Lexer(source).tokenize():
        if token.token_type not in {TokenType.VAR, TokenType.BLOCK}:
            continue
        text = token.contents
        yield from (f"line {token.lineno}: |{name}" for name in FILTER.findall(text))
        yield from (f"line {token.lineno}: |date:{form}" for form in DATE.findall(text) if form not in ISO)
        if token.token_type == TokenType.VAR and BARE_INSTANT.fullmatch(text.strip()):
            yield f"line {token.lineno}: {text.strip()} without a filter"


def is_for_machines(path: str) -> bool:
    return path == FORMATTING or path in FOR_MACHINES or path.startswith(TERMINAL)


def test_modules_leave_formats_to_one_module() -> None:
    faults_of = {str(path.relative_to(BASE_DIR)): list(faults_of_module(path.read_text())) for path in files()}
    assert {path: faults for path, faults in faults_of.items() if faults and not is_for_machines(path)} == {}
    assert FORMATTING in faults_of
    stale = [path for path in FOR_MACHINES if not faults_of.get(path)]
    assert stale == [], "no format left here: remove the entry"


def test_templates_leave_formats_to_one_module() -> None:
    templates = [path for path in sorted((BASE_DIR / "templates").rglob("*")) if path.is_file()]
    faults_of = {str(path.relative_to(BASE_DIR)): list(faults_of_template(path.read_text())) for path in templates}
    assert {path: faults for path, faults in faults_of.items() if faults} == {}
    assert len(faults_of) > 60


def test_pages_show_no_field_in_the_format_of_django() -> None:
    """The admin would write a date, a time or a duration of a list or a read-only field in its own format."""
    temporal = (models.DateField, models.TimeField, models.DurationField)
    shown = [
        f"{page.model._meta.label}.{name}"
        for page in admin.site._registry.values()
        if type(page).__module__.partition(".")[0] in TRANSLATED
        for name in {*page.list_display, *page.readonly_fields}
        if isinstance(_field(page.model, name), temporal)
    ]
    assert shown == []


def _field(model: type[models.Model], name: Any) -> Any:
    return next((field for field in model._meta.get_fields() if field.name == name), None)


# Folders of the scripts that esbuild reads; a new one is found by itself.
SCRIPTS = sorted({path.parent for path in (BASE_DIR / "frontend").glob("*/*.ts")} - {BASE_DIR / "frontend" / "tests"})
SCRIPT_FORMAT = re.compile(r"Intl\.DateTimeFormat|toLocale(Time|Date)?String|getHours\(|padStart\(2")
# The calendar of the board: the local date and minute of an instant, as numbers.
AS_NUMBERS = {"frontend/live/timeline.ts"}


def test_scripts_leave_formats_to_one_module() -> None:
    paths = [path for folder in SCRIPTS for path in sorted(folder.rglob("*.ts"))]
    faults_of = {str(path.relative_to(BASE_DIR)) for path in paths if SCRIPT_FORMAT.search(path.read_text())}
    assert faults_of - AS_NUMBERS == {"frontend/shared/formatting.ts"}


@pytest.mark.parametrize(
    "source",
    [
        "f'{start:%H:%M}'",
        "f'{start:%a} {start:%I:%M %p}'",
        "start.strftime('%H:%M')",
        "date_format(day, 'D, M j')",
        "formats.date_format(day)",
        "from django.utils.formats import date_format",
        "from django.utils.timesince import timesince",
    ],
)
def test_formats_in_modules_are_found(source: str) -> None:
    assert list(faults_of_module(source))


@pytest.mark.parametrize(
    "source", ["f'{share:.0%}'", "f'{number:,}'", "f'{miles:.1f}'", "day.isoformat()", "'%s' % name", "f'{name:>10}'"]
)
def test_other_formats_in_modules_are_left_alone(source: str) -> None:
    assert list(faults_of_module(source)) == []


@pytest.mark.parametrize(
    "source",
    [
        '{{ day|date:"D, M j" }}',
        "{{ day|date }}",
        '{{ start|time:"H:i" }}',
        "{{ start|naturaltime }}",
        "{% blocktranslate with age=moment|timesince %}{{ age }} ago{% endblocktranslate %}",
        "{{ item.occurred_at }}",
    ],
)
def test_formats_in_templates_are_found(source: str) -> None:
    assert list(faults_of_template(source))


@pytest.mark.parametrize(
    "source", ['{{ day|date:"Y-m-d" }}', '{{ moment|date:"c" }}', "{{ item.occurred_at|utc }}", "{{ day|long_day }}"]
)
def test_other_tags_of_templates_are_left_alone(source: str) -> None:
    assert list(faults_of_template(source)) == []
