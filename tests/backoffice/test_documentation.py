"""The documentation inside the product."""

import re

import pytest

from smartscheduler import BASE_DIR
from smartscheduler.accounts.permissions import Role
from tests.pages import signed_in

pytestmark = pytest.mark.django_db
PAGES = sorted(path.name for path in (BASE_DIR / "docs").glob("*.md"))


def test_every_page_is_readable_and_its_links_lead_somewhere() -> None:
    client = signed_in(Role.MANAGER)
    listed = re.findall(r'href="/admin/docs/([\w-]+\.md)"', client.get("/admin/docs/").content.decode())
    assert listed == PAGES
    for name in [*PAGES, "adr/008-demo-data.md"]:
        page = client.get(f"/admin/docs/{name}").content.decode()
        article = page[page.index("<article") : page.index("</article>")]
        assert "<img" not in article
        assert "<h1" not in article
        anchors = set(re.findall(r' id="([^"]+)"', article))
        folder = "adr/" if name.startswith("adr/") else ""
        for address in re.findall(r'<a href="([^"]+)"', article):
            if address.startswith("#"):
                assert address[1:] in anchors, (name, address)
            elif not address.startswith("http"):
                target = f"/admin/docs/{folder}{address}".partition("#")[0]
                assert client.get(target).status_code == 200, (name, address)


OTHERS = ["../README.md", "adr/../../README.md", "openapi.yaml", "missing.md", "images/board.png"]


@pytest.mark.parametrize("name", OTHERS)
def test_nothing_else_is_served(name: str) -> None:
    assert signed_in().get(f"/admin/docs/{name}").status_code == 404


@pytest.mark.parametrize(("page", "document"), [("roads", "travel"), ("words", "explanations")])
def test_a_page_that_is_not_configured_says_what_it_would_bring(page: str, document: str) -> None:
    answer = signed_in(Role.ADMINISTRATOR).get(f"/admin/{page}/").content.decode()
    assert "Nothing waits for the" in answer
    assert f'href="/admin/docs/{document}.md"' in answer
