"""Texts of templates go through gettext, so that the product can be translated.

Django's lexer separates the tags from the HTML. Letters in the HTML, in attributes that people read or hear, in
arguments of tags, and in texts of template filters are bare texts.
"""

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.template.base import Lexer, Token, TokenType

from smartscheduler import BASE_DIR

TEMPLATES = BASE_DIR / "templates"
FILTERS = [path for path in sorted(BASE_DIR.rglob("templatetags/*.py")) if ".venv" not in path.parts]
# What is no language: the brand, units, and names of formats and zones.
ALLOWED = {"SmartScheduler", "UTC", "API", "d", "h", "min", "s"}

WORD = re.compile(r"[^\W\d_]+")
TRANSLATED_LITERAL = re.compile(r"""_\((?:"[^"]*"|'[^']*')\)""")
KEYWORD = re.compile(r"""^(\w+)=(["'])(.*?)\2""")
FILTER = re.compile(r"""\|(pluralize|(?:default|default_if_none|join|yesno):(?:"[^"]*"|'[^']*'))""")
# Attributes that people read or hear.
ATTRIBUTES = {"title", "alt", "placeholder", "label", "aria-label", "aria-description", "aria-roledescription"}
# Arguments of component, include and with that hold no text.
NAMES = {"class", "href", "icon", "kind", "name", "part", "query", "size", "template", "type", "value", "variant"}
# Elements whose content is no language.
SILENT = {"code", "kbd", "script", "style"}
ICONS = "material-symbols-outlined"
# Stands for the value of a variable.
VALUE = "\N{OBJECT REPLACEMENT CHARACTER}"


def words(text: str) -> list[str]:
    return [word for word in WORD.findall(text) if word not in ALLOWED]


class Page(HTMLParser):
    """The bare texts of HTML in which template tags are replaced."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.open: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.open.append((tag, tag in SILENT or ICONS in values.get("class", "")))
        is_button = tag == "button" or (tag == "input" and values.get("type") in {"button", "reset", "submit"})
        is_description = tag == "meta" and values.get("name") == "description"
        for name, value in values.items():
            is_read = name in ATTRIBUTES or (name == "value" and is_button and " " in value.strip())
            is_read |= name == "value" and is_button and tag == "input"
            is_read |= name == "content" and is_description
            if is_read and words(value):
                self.texts.append(f"{name}={value}")

    def handle_endtag(self, tag: str) -> None:
        while any(name == tag for name, _silent in self.open):
            if self.open.pop()[0] == tag:
                break

    def handle_data(self, data: str) -> None:
        if words(data) and not any(silent for _name, silent in self.open):
            self.texts.append(" ".join(data.split()))


def texts_of_tag(token: Token) -> Iterator[str]:
    """Literal arguments that are shown, and filters that build English."""
    source = TRANSLATED_LITERAL.sub("", token.contents)
    bits = token.split_contents()
    if bits and bits[0] in {"component", "include", "with"}:
        for bit in bits[1:]:
            keyword = KEYWORD.match(bit)
            if keyword and keyword[1] not in NAMES and words(keyword[3]):
                yield bit
    for name in FILTER.findall(source):
        if name == "pluralize" or words(name.partition(":")[2]):
            yield name


def bare_texts(source: str) -> list[str]:
    """The texts of a template that do not go through gettext."""
    texts: list[str] = []
    html: list[str] = []
    inside = ""
    for token in Lexer(source).tokenize():
        name = token.contents.split(maxsplit=1)[0] if token.token_type == TokenType.BLOCK else ""
        if inside:
            inside = "" if name == f"end{inside}" else inside
        elif name in {"blocktranslate", "comment"}:
            inside = name
        elif token.token_type == TokenType.TEXT:
            html.append(token.contents)
        elif token.token_type == TokenType.VAR:
            texts += texts_of_tag(token)
            html.append(VALUE)
        elif name:
            texts += texts_of_tag(token)
    page = Page()
    page.feed("".join(html))
    page.close()
    return texts + page.texts


def is_call_of(node: ast.AST, names: set[str]) -> bool:
    return isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in names


def literals(node: ast.AST) -> Iterator[str]:
    """Strings from which an expression is built, without messages of gettext, keys and formats."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif is_call_of(node, {"gettext", "ngettext", "pgettext", "get"}):
        return
    for field, value in ast.iter_fields(node):
        if field in {"keys", "slice", "format_spec"}:
            continue
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, ast.AST):
                yield from literals(part)


def texts_of_filters(source: str) -> list[str]:
    """Bare texts that functions of a library of template tags return."""
    returned = [node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Return) and node.value]
    return [text for value in returned for text in literals(value) if words(text)]


def test_every_text_of_the_templates_is_translated() -> None:
    files = sorted(path for path in TEMPLATES.rglob("*") if path.suffix in {".html", ".txt"})
    texts_of = {str(path.relative_to(TEMPLATES)): bare_texts(path.read_text()) for path in files}
    assert len(files) > 80
    assert {name: texts for name, texts in texts_of.items() if texts} == {}


@pytest.mark.parametrize("path", FILTERS, ids=lambda path: path.stem)
def test_every_text_of_template_filters_is_translated(path: Path) -> None:
    assert texts_of_filters(path.read_text()) == []


@pytest.mark.parametrize(
    "source",
    [
        "Two jobs",
        "<p>Two jobs</p>",
        "<p>{{ count }} jobs</p>",
        "<p>{% if jobs %}Jobs{% endif %}</p>",
        "<{% if link %}a{% else %}span{% endif %}>Jobs</{% if link %}a{% else %}span{% endif %}>",
        "<code>job</code> is open",
        "<option>Any</option>",
        "<title>Jobs – SmartScheduler</title>",
        '<p title="Jobs"></p>',
        '<img alt="Map">',
        '<input placeholder="Name">',
        '<nav aria-label="Pages"></nav>',
        '<nav aria-label="Pages of {{ name }}"></nav>',
        '<input type="submit" value="Save">',
        '<button value="Save now">{{ label }}</button>',
        '<meta name="description" content="Open jobs">',
        '{% component "card.html" with title="Jobs" %}{% endcomponent %}',
        '{% include "card.html" with label="All jobs" %}',
        "{{ count }}{{ count|pluralize }}",
        '{{ count|pluralize:"es" }}',
        '{{ name|default:"no name" }}',
        '{{ names|join:" and " }}',
        '{{ done|yesno:"yes,no" }}',
        "{% if jobs|pluralize %}{% endif %}",
    ],
)
def test_bare_texts_are_found(source: str) -> None:
    assert bare_texts(source)


@pytest.mark.parametrize(
    "source",
    [
        '<p>{% translate "Jobs" %}</p>',
        "<p>{% blocktranslate count n=jobs %}{{ n }} job{% plural %}{{ n }} jobs{% endblocktranslate %}</p>",
        '<p title="{% translate "Jobs" %}">{{ job }} · 3 h</p>',
        '{% component "card.html" with title=_("Jobs") class="mb-6" icon="refresh" %}{% endcomponent %}',
        '{{ name|default:_("no name") }}{{ rank|default:"–" }}{{ names|join:", " }}',
        "<script>const jobs = 1;</script><style>p { color: red; }</style><kbd>Esc</kbd><code>docs/api.md</code>",
        '<span class="icon material-symbols-outlined" aria-hidden="true">task_alt</span>',
        '<button type="submit" name="do" value="save">{% translate "Save" %}</button>',
        "{# A comment #}{% comment %}A longer one{% endcomment %}<!-- and one of HTML -->",
        '{% if kind == "move" %}{% endif %}',
    ],
)
def test_other_strings_are_left_alone(source: str) -> None:
    assert bare_texts(source) == []


@pytest.mark.parametrize(
    "source",
    [
        "def f(job): return 'No job'",
        "def f(job): return f'{job} is open'",
        "def f(job): return ', '.join(['open', job])",
        "def f(job): return gettext('{} is open').format(job) + ' today'",
    ],
)
def test_bare_texts_of_filters_are_found(source: str) -> None:
    assert texts_of_filters(source)


@pytest.mark.parametrize(
    "source",
    [
        "def f(job): return gettext('{} is open').format(job)",
        "def f(job): return {'job': job, 'first': jobs['first'], 'token': context.get('token')}",
        "def f(moment): return f'{moment:%b %d} UTC, {minutes} min'",
    ],
)
def test_other_strings_of_filters_are_left_alone(source: str) -> None:
    assert texts_of_filters(source) == []
