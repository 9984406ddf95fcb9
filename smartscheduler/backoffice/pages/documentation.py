"""The pages of docs/, readable in the product."""

import re
from functools import lru_cache
from pathlib import Path

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext
from django.views.decorators.http import require_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

from smartscheduler import BASE_DIR

DOCS = BASE_DIR / "docs"
NAME = re.compile(r"(?:adr/)?[\w-]+\.md")
ADDRESS = re.compile(r"https?://|#")


@require_safe
def documentation(request: HttpRequest, name: str = "") -> HttpResponse:
    """One page of the documentation, or the list of all."""
    context = admin.site.each_context(request)
    if not name:
        pages = [(path.name, _title(path)) for path in sorted(DOCS.glob("*.md"))]
        context |= {"title": gettext("Documentation"), "pages": pages}
    else:
        path = DOCS / name
        if not NAME.fullmatch(name) or not path.is_file():
            raise Http404
        context |= {"title": _title(path), "html": _html(path)}
    return TemplateResponse(request, "admin/backoffice/documentation.html", context)


def _title(path: Path) -> str:
    """The first line of a page, which is its heading."""
    with path.open() as lines:
        return lines.readline().lstrip("# ").strip()


@lru_cache(maxsize=64)
def _html(path: Path) -> SafeString:
    """A page as HTML, without its title and pictures. HTML in the page is text: nothing of it is trusted."""
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = reader.parse(path.read_text())[3:]
    for place, token in enumerate(tokens):
        if token.type == "heading_open":
            token.attrSet("id", _anchor(tokens[place + 1].content))
        elif token.children:
            token.children = _without_dead_ends(token.children, path.parent)
    html = str(reader.renderer.render(tokens, reader.options, {}))
    return mark_safe(html)  # noqa: S308  (markdown-it escapes all text)


def _without_dead_ends(tokens: list[Token], folder: Path) -> list[Token]:
    """Tokens of a paragraph without pictures, and with the text alone of links to files that are no page here."""
    kept, is_dead = [], False
    for token in tokens:
        if token.type == "link_open":
            is_dead = not _is_reachable(str(token.attrs["href"]), folder)
        if token.type != "image" and not (is_dead and token.type in {"link_open", "link_close"}):
            kept.append(token)
    return kept


def _is_reachable(address: str, folder: Path) -> bool:
    path = (folder / address.partition("#")[0]).resolve()
    is_page = path.is_relative_to(DOCS.resolve()) and bool(NAME.fullmatch(str(path.relative_to(DOCS.resolve()))))
    return bool(ADDRESS.match(address)) or (is_page and path.is_file())


def _anchor(heading: str) -> str:
    """The anchor of a heading, as links in the pages write it."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
