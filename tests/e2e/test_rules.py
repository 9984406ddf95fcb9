"""An administrator previews and publishes a change of the scheduling rules."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Open
from tests.e2e.office import ADMINISTRATOR, Api

RULES = "/admin/rules/rulesversion/"
WEIGHTS = ("Availability weight", "Rating weight", "Distance weight")


def publish(page: Page, reason: str) -> None:
    page.get_by_label("Reason").fill(reason)
    page.get_by_role("button", name="Publish version").click()
    expect(page.get_by_text("is in effect. Existing bookings do not change.")).to_be_visible()


@pytest.fixture
def rules(visit: Open) -> Iterator[Page]:
    """The list of versions. After the test the rules are as they were before."""
    page = visit(f"{RULES}add/", ADMINISTRATOR)
    before = {label: page.get_by_label(label).input_value() for label in WEIGHTS}
    page.goto(RULES)
    yield page
    page.goto(f"{RULES}add/")
    for label, share in before.items():
        page.get_by_label(label).fill(share)
    page.get_by_role("button", name="Preview").click()
    publish(page, "As before")


def test_rules_are_tried_published_and_kept_with_the_next_assignment(rules: Page, api: Api, job: Any) -> None:
    page = rules
    page.get_by_role("link", name="Change the rules").click()
    for label, share in zip(WEIGHTS, ("0.2", "0.6", "0.1"), strict=True):
        page.get_by_label(label).fill(share)
    page.get_by_label("Preview for job").fill(job["job_number"])
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("they sum to 0.9")).to_be_visible()
    page.get_by_label("Distance weight").fill("0.2")
    page.get_by_role("button", name="Preview").click()
    table = page.get_by_role("region", name="Ranking before and after")
    now = api.candidates(job)
    expect(table.get_by_role("link", name=now[0]["contractor"]["name"], exact=True)).to_be_visible()
    shown = table.locator("tbody tr").first
    first, score = shown.locator("th").inner_text(), shown.locator("td").nth(3).inner_text()
    publish(page, "Customers asked for the best")
    best = api.candidates(job)[0]
    assert (best["contractor"]["name"], best["score_breakdown"]["rating_weight"]) == (first, 0.6)
    assert f"{best['score']:.4f}" == score
    assignment = api.assign_best(job)
    assert assignment["rules_version"] >= 1
    page.goto(f"/admin/assignments/assignment/{assignment['id']}/change/")
    expect(page.get_by_text(f"Based on version {assignment['rules_version']} of the scheduling rules")).to_be_visible()
