"""Setup of a second factor and sign-in with it in a browser."""

import base64
import random
import time
from collections.abc import Callable
from typing import Any

from django_otp.oath import TOTP
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Open
from tests.e2e.office import ADMINISTRATOR, note_faults
from tests.e2e.test_pages import OVERFLOW, SIZES, barriers

SECRET = "correct horse battery staple"


def code_of(key: str) -> str:
    totp = TOTP(base64.b32decode(key.replace(" ", "")))
    totp.time = time.time()
    return f"{totp.token():06d}"


def new_account(visit: Open) -> str:
    email = f"second{random.randrange(10**9)}@example.com"
    page = visit("/admin/accounts/user/add/", ADMINISTRATOR)
    page.get_by_label("Email address").fill(email)
    page.locator("#id_password1").fill(SECRET)
    page.locator("#id_password2").fill(SECRET)
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**/change/**")
    return email


def give_password(page: Page, email: str) -> None:
    page.get_by_label("Email address").fill(email)
    page.get_by_label("Password").fill(SECRET)
    page.get_by_role("button", name="Sign in").click()


def fits(page: Page) -> None:
    for size in SIZES.values():
        page.set_viewport_size(size)
        assert page.evaluate(OVERFLOW) <= 0
        assert barriers(page) == []


def test_from_the_qr_code_to_a_sign_in_by_recovery_code(visit: Open) -> None:
    faults: list[str] = []
    prepare: Callable[[Page], Any] = lambda page: note_faults(page, faults)  # noqa: E731
    email = new_account(visit)
    page = visit("/admin/login/?next=/admin/second-factor/", None, prepare=prepare)
    give_password(page, email)
    page.get_by_role("link", name="Set up").click()
    expect(page.get_by_role("img", name="QR code with the key")).to_be_visible()
    page.get_by_text("Cannot scan the code?").click()
    fits(page)
    page.locator("#id_password").fill(SECRET)
    page.get_by_role("textbox", name="Code").fill(code_of(page.locator("#key").inner_text()))
    page.get_by_role("button", name="Set up").click()
    codes = page.locator(".recovery code")
    expect(codes).to_have_count(10)
    fits(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    kept = download.value.path().read_text()
    assert codes.first.inner_text() in kept
    page.get_by_role("link", name="I saved the codes").click()
    expect(page.get_by_text("10 recovery codes left")).to_be_visible()

    again = visit("/admin/login/?next=/admin/history/", None, prepare=prepare)
    give_password(again, email)
    expect(again.get_by_role("textbox", name="Code")).to_be_visible()
    fits(again)
    again.get_by_role("textbox", name="Code").fill("000000")
    again.keyboard.press("Enter")
    expect(again.get_by_text("The code is wrong")).to_be_visible()
    again.get_by_role("textbox", name="Code").fill(kept.split()[-1])
    again.keyboard.press("Enter")
    again.wait_for_url("**/admin/history/")
    assert faults == []
