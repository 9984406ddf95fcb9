"""An administrator edits the text of a message to customers, with a preview, on a desk and on a telephone."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Open
from tests.e2e.office import ADMINISTRATOR, note_faults
from tests.e2e.test_pages import OVERFLOW, SIZES, barriers, keep_a_picture

TEMPLATES = "/admin/notifications/messagetemplate/"


@pytest.mark.parametrize("size", SIZES)
def test_a_text_is_tried_and_saved(visit: Open, size: str) -> None:
    faults: list[str] = []
    page: Any = visit(TEMPLATES, ADMINISTRATOR, viewport=SIZES[size], prepare=lambda page: note_faults(page, faults))
    page.get_by_role("link", name="Reminder").first.click()
    expect(page.get_by_role("heading", name="Preview with an example")).to_be_visible()
    page.get_by_label("Subject").fill("See you, {nobody}")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("There is no placeholder {nobody} in this message.")).to_be_visible()
    page.get_by_label("Subject").fill("See you on {when}")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("See you on ").last).to_contain_text("between 8:00 AM and 10:00 AM")
    keep_a_picture(page, f"message-template-{size}")
    assert page.evaluate(OVERFLOW) <= 0
    assert barriers(page) == []
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The text is saved.")).to_be_visible()
    expect(page.get_by_text("Your text").first).to_be_visible()
    # Back to the standard text, for the other tests.
    page.get_by_role("link", name="Reminder").first.click()
    page.get_by_label("Subject").fill("")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Your text")).to_have_count(0)
    assert faults == []
