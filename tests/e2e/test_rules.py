"""An administrator previews and publishes a change of the scheduling rules."""

from typing import Any

from playwright.sync_api import expect

from tests.e2e.conftest import Open
from tests.e2e.office import ADMINISTRATOR, Api


def test_rules_are_tried_published_and_kept_with_the_next_assignment(visit: Open, api: Api, job: Any) -> None:
    page = visit("/admin/rules/rulesversion/", ADMINISTRATOR)
    page.get_by_role("link", name="Change the rules").click()
    for label, share in (("Availability weight", "0.2"), ("Rating weight", "0.6"), ("Distance weight", "0.1")):
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
    page.get_by_label("Reason").fill("Customers asked for the best")
    page.get_by_role("button", name="Publish version").click()
    expect(page.get_by_text("is in effect. Existing bookings do not change.")).to_be_visible()
    best = api.candidates(job)[0]
    assert (best["contractor"]["name"], best["score_breakdown"]["rating_weight"]) == (first, 0.6)
    assert f"{best['score']:.4f}" == score
    assignment = api.assign_best(job)
    assert assignment["rules_version"] >= 1
    page.goto(f"/admin/assignments/assignment/{assignment['id']}/change/")
    expect(page.get_by_text(f"Based on version {assignment['rules_version']} of the scheduling rules")).to_be_visible()
