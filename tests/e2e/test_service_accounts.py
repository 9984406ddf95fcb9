"""An administrator creates a service account in a browser, and a program uses its key."""

import random
from collections.abc import Callable
from typing import Any

import httpx
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Open
from tests.e2e.office import ADMINISTRATOR, note_faults
from tests.e2e.test_pages import OVERFLOW, PICTURES, SIZES, barriers


def fits(page: Page, name: str) -> None:
    for size_name, size in SIZES.items():
        page.set_viewport_size(size)
        page.screenshot(path=PICTURES / f"{name}-{size_name}.png", full_page=True)
        assert page.evaluate(OVERFLOW) <= 0
        assert barriers(page) == []


def answer(page: Page, key: str) -> int:
    url = "/".join([*page.url.split("/")[:3], "api/v1/jobs/"])
    return httpx.get(url, headers={"Authorization": f"Bearer {key}"}).status_code


def test_from_a_new_account_to_a_rotated_key(visit: Open) -> None:
    faults: list[str] = []
    prepare: Callable[[Page], Any] = lambda page: note_faults(page, faults)  # noqa: E731
    page = visit("/admin/accounts/serviceaccount/add/", ADMINISTRATOR, prepare=prepare)
    page.get_by_role("textbox", name="Name").fill(f"Website {random.randrange(10**9)}")
    page.get_by_label("jobs:read").check()
    page.get_by_role("button", name="Save", exact=True).click()
    first = page.get_by_label("Key", exact=True).input_value()
    assert answer(page, first) == 200
    fits(page, "service-key-new")
    page.get_by_label("Present keys stay valid for").select_option(label="End at once")
    page.get_by_role("button", name="Create a key").click()
    expect(page.get_by_text("(revoked)")).to_be_visible()
    second = page.get_by_label("Key", exact=True).input_value()
    assert (answer(page, first), answer(page, second)) == (401, 200)
    page.get_by_role("button", name="Revoke ssk_").click()
    expect(page.get_by_text("was revoked")).to_be_visible()
    fits(page, "service-keys")
    assert answer(page, second) == 401
    assert faults == []
