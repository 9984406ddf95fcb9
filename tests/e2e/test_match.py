"""The match of the columns of a file in the browser: an office's own spreadsheet, and columns of every kind."""

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.e2e.conftest import Open
from tests.e2e.office import COORDINATOR
from tests.e2e.test_pages import OVERFLOW, SIZES, barriers, keep_a_picture

ADD = "/admin/imports/importrun/add/?kind=contractors"


def send(page: Page, name: str, content: bytes) -> None:
    file = FilePayload(name=name, mimeType="application/octet-stream", buffer=content)
    page.locator("input[type=file]").set_input_files(file)


def odd_columns() -> bytes:
    """Sixty columns: long headings, one heading twice as long as the screen, empty ones, and markup."""
    titles = [
        "Name",
        "<b>Bold</b>",
        "W" * 160,
        *(f"What the office notes about the contractor, part {n}" for n in range(57)),
    ]
    cells = ["Ann Tiles", "<script>", "M" * 200, *("" if n % 3 else f"value {n}" for n in range(57))]
    return "\n".join([",".join(titles), ",".join(cells)]).encode()


@pytest.mark.parametrize("size", SIZES)
def test_odd_columns_fit(visit: Open, size: str) -> None:
    page = visit(ADD, COORDINATOR, viewport=SIZES[size])
    send(page, "odd.csv", odd_columns())
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_role("heading", name="Match the columns")).to_be_visible()
    keep_a_picture(page, f"match-odd-{size}")
    assert page.evaluate(OVERFLOW) <= 0
    assert barriers(page) == []
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_text("Choose a column for:")).to_be_visible()
    assert barriers(page) == []
