"""Stories that cross pages, with a limit of clicks: the best contractor at the desired time, all jobs of a customer."""

from datetime import UTC, datetime, timedelta
from typing import Any

from playwright.sync_api import expect

from tests.e2e.conftest import Open
from tests.e2e.office import BASE, COORDINATOR, Api
from tests.e2e.stories import story


def far_ahead(api: Api, days: int) -> Any:
    """A job on a day without bookings, whose desired time is free for its best candidate."""
    desired_date = datetime.now(UTC).replace(hour=16, minute=0, second=0, microsecond=0) + timedelta(days=days)
    body = {"type": "tile", "duration": "02:00:00", "location": api.new_contractor()["location"], "priority": "urgent"}
    job = api.post("jobs/", **body, desired_date=desired_date.isoformat())
    # The board lists the 40 most urgent open jobs only, and those of other tests are desired earlier.
    for other in api.listed("jobs/", status="open", priority="urgent"):
        if other["id"] != job["id"]:
            api.post(f"jobs/{other['id']}/cancel/", reason="End of other tests")
    assert datetime.fromisoformat(api.candidates(job)[0]["suggested_time_slot"]["start"]) == desired_date
    return job


def test_the_best_is_booked_at_the_desired_time_in_two_clicks(visit: Open, api: Api) -> None:
    job = far_ahead(api, days=30)
    page = visit("/", COORDINATOR)
    with story("Book the best at the desired time", page) as hand:
        hand.click(page.get_by_role("link", name=f"Recommend {job['job_number']}"))
        hand.click(page.get_by_role("article", name="Rank 1:").get_by_role("button", name="Assign"))
        expect(page.locator(".toast")).to_contain_text(f"{job['job_number']} was assigned to")
    assert hand.clicks == 2
    (booking,) = api.bookings(job)
    assert booking["rank"] == 1
    assert datetime.fromisoformat(booking["time_slot"]["start"]) == datetime.fromisoformat(job["desired_date"])


def test_a_keyboard_user_books_the_best_and_undoes_it(visit: Open, api: Api) -> None:
    job = far_ahead(api, days=40)
    page = visit("/", COORDINATOR)
    place = page.get_by_role("button", name=f"Place {job['job_number']}")
    place.focus()
    with story("Book the best at the desired time, by keyboard", page) as hand:
        hand.press("Enter")
        expect(page.locator(".ghost")).to_be_visible()
        hand.press("Enter")
        expect(page.locator(".toast")).to_contain_text(f"{job['job_number']} was assigned to")
    (booking,) = api.bookings(job)
    assert booking["rank"] == 1
    assert datetime.fromisoformat(booking["time_slot"]["start"]) == datetime.fromisoformat(job["desired_date"])
    block = page.locator(f".block[data-number='{job['job_number']}']")
    expect(block).to_be_focused()
    with story("Undo it, by keyboard", page) as hand:
        hand.press("u")
        expect(page.get_by_text("The change was undone.").first).to_be_visible()
    assert hand.keys == 1
    assert api.job(job["id"])["status"] == "open"


def test_all_jobs_of_a_customer_are_one_search_away(visit: Open, api: Api) -> None:
    name = api.new_contractor()["name"].replace("Crew", "Customer")
    desired_date = (datetime.now(UTC) + timedelta(days=5)).isoformat()
    body = {"type": "tile", "duration": "02:00:00", "location": BASE, "desired_date": desired_date}
    numbers = {api.post("jobs/", **body, customer_name=name)["job_number"] for _ in range(7)}
    page = visit("/", COORDINATOR)
    with story("Find all jobs of a customer", page) as hand:
        hand.press("/")
        hand.type(name)
        more = page.get_by_role("group", name="Jobs").get_by_role("option", name="Show all in the list")
        hand.click(more)
        page.wait_for_url("**/admin/jobs/job/?q=**")
        rows = page.locator("#result_list tbody tr")
        expect(rows).to_have_count(len(numbers))
    assert hand.clicks == 1
    assert all(any(number in text for text in rows.all_inner_texts()) for number in numbers)
