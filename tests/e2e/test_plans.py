"""Plans: select jobs, watch the run, compare, accept; two people at once; proposals on the board."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Open
from tests.e2e.office import ADMINISTRATOR, COORDINATOR, MANAGER, PASSWORD, Api, sign_in
from tests.e2e.stories import story
from tests.e2e.test_contractors import AUSTIN
from tests.e2e.test_pages import OVERFLOW, SIZES, barriers, keep_a_picture
from tests.products import Product

JOBS = "/admin/jobs/job/"


def day_in(days: int) -> str:
    return (datetime.now(AUSTIN) + timedelta(days=days)).date().isoformat()


@pytest.fixture
def jobs(api: Api) -> Any:
    """Three open jobs of this test alone."""
    made = [api.new_job() for _ in range(3)]
    yield made
    for job in made:
        if api.job(job["id"])["status"] == "open":
            api.post(f"jobs/{job['id']}/cancel/", reason="End of the test")


def ready_plan(api: Api, jobs: list[Any]) -> Any:
    """A plan of these jobs, after its run."""
    body = {"jobs": [job["id"] for job in jobs], "first_day": day_in(1), "last_day": day_in(8), "effort": "quick"}
    plan = api.post("plans/", **body)
    after = 0
    while True:
        events = api.get("events/", after=after, wait=25, topics=f"plan:{plan['id']}")
        if {"PlanReady", "PlanFailed"} & {event["type"] for event in events["results"]}:
            break
        after = events["next_after"]
    plan = api.get(f"plans/{plan['id']}/")
    assert plan["state"] == "ready", plan["failure"]
    return plan


def page_of(plan: Any) -> str:
    return f"/admin/planning/plan/{plan['id']}/change/"


def look(page: Page, name: str) -> None:
    for size, viewport in SIZES.items():
        page.set_viewport_size(viewport)
        keep_a_picture(page, f"plan-{name}-{size}")
        assert page.evaluate(OVERFLOW) <= 0
        assert barriers(page) == []
    page.set_viewport_size(SIZES["desk"])


def test_two_people_plan_jobs_and_one_change_becomes_stale(visit: Open, api: Api, jobs: list[Any]) -> None:
    query = "&".join(f"id={job['id']}" for job in jobs)
    page = visit(f"/admin/planning/plan/add/?{query}", COORDINATOR)
    with story("plan three jobs and accept", page) as person:
        expect(page.get_by_text("3 selected jobs.")).to_be_visible()
        expect(page.locator(".plan-sentence")).to_contain_text("3 jobs, ")
        person.fill(page.get_by_label("Last day"), day_in(8))
        page.get_by_label("Last day").blur()
        expect(page.locator(".plan-sentence")).to_contain_text("9 days")
        look(page, "scope")
        person.click(page.get_by_role("button", name="Plan 3 jobs"))
        page.wait_for_url("**/change/**")
        # The page moves by itself, from the progress to the proposal.
        expect(page.get_by_role("heading", name="Changes")).to_be_visible(timeout=120_000)
        expect(page.get_by_role("heading", name="Comparison")).to_be_visible()
        rows = page.locator("[data-item]")
        expect(rows).to_have_count(3)
        look(page, "proposal")

        # The other person books the time of the last change; its row turns amber before a click.
        plan_id = page.locator("[data-plan]").get_attribute("data-plan")
        last = api.listed(f"plans/{plan_id}/items/")[-1]
        other = api.new_job()
        taken = api.request.post(
            "assignments/",
            data={
                "job": other["id"],
                "contractor": last["contractor"],
                "start": last["time_slot"]["start"],
                "window_break_reason": "",
            },
        )
        if not taken.ok:  # another kind of contractor: make the job go away instead
            api.post(f"jobs/{last['job']}/cancel/", reason="The customer called")
        stale = page.locator(f"[data-item='{last['id']}']")
        expect(stale).to_have_class("proposed is-stale")
        expect(stale.locator("[data-stale-note]")).to_be_visible()
        expect(page.locator(f".plan-block.stale[href='#item-{last['id']}']")).to_have_count(1)
        expect(page.locator(".pin.proposed")).to_have_count(2)
        expect(page.locator(".pin.stale")).to_have_attribute("title", re.compile("No longer possible$"))
        look(page, "stale")

        person.click(page.get_by_role("button", name="Accept all 3 changes"))
        expect(page.get_by_text("Booked: 2. Failed: 1.")).to_be_visible()
        expect(page.locator(".pin.proposed")).to_have_count(0)
        look(page, "accepted")
    booked = [booking for job in jobs for booking in api.bookings(job) if booking["status"] == "pending"]
    assert len(booked) == 2
    person_page = visit(page_of({"id": plan_id}), ADMINISTRATOR)
    person_page.get_by_role("button", name="Undo the acceptance").click()
    # The first person sees it without loading the page again: all of it is proposed as before.
    expect(page.get_by_text("The plan has changed. This page shows it as it is now.")).to_be_visible()
    expect(page.locator("[data-item].accepted")).to_have_count(0)
    expect(page.locator(".plan-block.accepted[href]")).to_have_count(0)
    expect(page.locator(".pin.proposed, .pin.stale")).to_have_count(3)
    assert not [booking for job in jobs for booking in api.bookings(job) if booking["status"] == "pending"]


def test_contractors_and_bookings_are_chosen_by_typing(visit: Open, api: Api, jobs: list[Any]) -> None:
    crew = api.new_contractor(name="Zilker Zigzag Crew With a Long Name, Floors, Tiles and Carpets of Austin")
    kept = api.book(crew)
    page = visit(f"/admin/planning/plan/add/?id={jobs[0]['id']}&last_day={day_in(8)}", COORDINATOR)
    excluded = page.get_by_label("Leave out contractors")
    with story("limit a plan by contractors and bookings", page) as person:
        person.fill(excluded, "zigzag")
        page.get_by_role("option", name=crew["name"]).wait_for()
        person.press("ArrowDown", "Enter")
        reason = page.get_by_label(f"Reason why {crew['name']} is left out")
        expect(reason).to_be_focused()
        # An empty reason is an error beside the field as soon as the page has asked.
        expect(page.locator("#errors-excluded")).to_contain_text("Enter a reason.")
        look(page, "scope-errors")
        person.type("Fixes the van")
        reason.blur()
        expect(page.locator("#errors-excluded")).to_have_text("")
        page.get_by_label("May change").select_option("pending")
        person.clicks += 1
        locks = page.get_by_label("Bookings that stay")
        person.fill(locks, crew["name"][:20])
        person.click(page.locator("#id_locks-options [data-record]").first)
        expect(page.locator(".plan-sentence")).to_contain_text("1 job, ")
        look(page, "scope-limits")
    locks.fill("no such job")
    expect(page.get_by_role("option", name="No coming booking matches.")).to_be_visible()
    locks.blur()
    expect(page.locator("#errors-locks")).to_contain_text("“no such job” is not selected.")
    locks.fill("")
    locks.blur()
    expect(page.locator("#errors-locks")).to_have_text("")
    page.get_by_role("button", name="Plan 1 job").click()
    page.wait_for_url("**/change/**")
    plan = api.get(f"plans/{page.locator('[data-plan]').get_attribute('data-plan')}/")
    assert plan["scope"]["excluded"] == {crew["id"]: "Fixes the van"}
    assert plan["scope"]["locks"] == {kept["id"]: "contractor_and_time"}
    # The Back button leads to the same scope.
    page.go_back()
    expect(page.get_by_label(f"Reason why {crew['name']} is left out")).to_have_value("Fixes the van")
    expect(page.get_by_label(re.compile("What stays of the booking"))).to_have_value("contractor_and_time")
    page.get_by_role("button", name=f"Remove {crew['name']}").click()
    expect(page.locator("[data-record]")).to_have_count(1)


def test_two_bookings_are_swapped(visit: Open, api: Api) -> None:
    crews = [api.new_contractor(), api.new_contractor(name="Crew With a Long Name, Floors and Tiles of the South")]
    first, second = (api.book(crew) for crew in crews)
    page = visit(f"/admin/assignments/assignment/{first['id']}/change/", COORDINATOR)
    with story("swap two bookings", page) as person:
        person.click(page.locator("a[href*='/swap/']"))
        expect(page.get_by_role("heading", name="Swap with")).to_be_visible()
        look(page, "swap")
        person.fill(page.get_by_role("searchbox", name="Job, customer, place or contractor"), crews[1]["name"])
        person.press("Enter")
        page.wait_for_url("**q=**")
        person.click(page.locator(f"button[name=other][value='{second['id']}']"))
        expect(page.locator("#swap-form")).to_contain_text(crews[1]["name"])
        look(page, "swap-question")
        person.click(page.locator("#swap-form button[type=submit]"))
        expect(page.get_by_text("are swapped:")).to_be_visible()
    after = [booking for booking in api.bookings({"id": first["job"]}) if booking["status"] == "pending"]
    assert [booking["contractor"] for booking in after] == [second["contractor"]]


def test_a_selection_of_the_list_leads_to_the_scope(visit: Open) -> None:
    page = visit(f"{JOBS}?status__exact=open", COORDINATOR)
    for box in page.locator("input.action-select").all()[:2]:
        box.check()
    page.locator("select[name=action]").select_option("plan_selected")
    page.get_by_role("button", name="Run").click()
    page.wait_for_url("**/planning/plan/add/**")
    expect(page.get_by_text("2 selected jobs.")).to_be_visible()
    page.goto(f"{JOBS}?status__exact=open&priority__exact=urgent")
    page.get_by_role("link", name="Plan the open jobs of this list").click()
    expect(page.locator(".plan-sentence")).to_be_visible()


def test_proposals_are_accepted_on_the_board_block_by_block(visit: Open, api: Api, jobs: list[Any]) -> None:
    plan = ready_plan(api, jobs)
    first = next(item for item in api.listed(f"plans/{plan['id']}/items/") if item["action"] == "book")
    day = datetime.fromisoformat(first["time_slot"]["start"]).astimezone(AUSTIN).date()
    page = visit(f"/?day={day}&at={first['contractor']}", COORDINATOR)
    watching = visit(f"/?day={day}&at={first['contractor']}", MANAGER)
    block = page.locator(f"[data-proposal='{first['id']}']")
    expect(block).to_be_visible()
    keep_a_picture(page, "board-proposals-desk")
    assert barriers(page) == []
    expect(watching.locator(f"[data-proposal='{first['id']}']")).to_be_attached()
    block.focus()
    page.keyboard.press("Enter")
    page.get_by_role("menuitem", name="Accept").click()
    expect(page.locator(".toast")).to_contain_text("was booked")
    expect(page.locator(f"[data-lane='{first['contractor']}'] .block[data-job='{first['job']}']")).to_be_visible()
    expect(watching.locator(f"[data-proposal='{first['id']}']")).to_have_count(0)
    api.post(f"plans/{plan['id']}/undo/")
    api.post(f"plans/{plan['id']}/discard/")


def test_the_board_tells_when_a_plan_is_ready(visit: Open, api: Api, jobs: list[Any]) -> None:
    page = visit("/", COORDINATOR)
    expect(page.get_by_role("status").first).to_have_text("Live")
    plan = ready_plan(api, jobs)
    toast = page.locator(".toast").filter(has_text=f"{plan['number']} is ready.")
    expect(toast).to_be_visible()
    toast.get_by_role("link", name="Open the plan").click()
    page.wait_for_url(f"**{page_of(plan)}")
    api.post(f"plans/{plan['id']}/discard/")


COLLEAGUE = "colleague@example.com"
ADD_COLLEAGUE = (
    "from smartscheduler.accounts.models import User; "
    f"User.objects.filter(email={COLLEAGUE!r}).exists() or "
    f"User.objects.create_user(email={COLLEAGUE!r}, name='Kim Colleague', password={PASSWORD!r}, role='coordinator')"
)
FARGO = {
    "latitude": 46.8772,
    "longitude": -96.7898,
    "address": "1 Broadway",
    "city": "Fargo",
    "state": "ND",
    "zip_code": "58102",
}
CUSTOMER = "Far North Homes"


@pytest.fixture
def colleague(running: Product, sessions: dict[str | None, Any], visit: Open) -> str:
    """A second coordinator, who is signed in."""
    if COLLEAGUE not in sessions:
        made = running.manage("shell", "-c", ADD_COLLEAGUE)
        assert made.returncode == 0, made.stderr
        sessions[COLLEAGUE] = None
        page = visit("/admin/login/", COLLEAGUE)
        sign_in(page, COLLEAGUE)
        sessions[COLLEAGUE] = page.context.storage_state()
    return COLLEAGUE


@pytest.fixture
def far_north(api: Api) -> Any:
    """Jobs where two contractors work: a day of one, and two hours a week of the other, whom two jobs want."""
    weekday = (datetime.fromisoformat(day_in(2)).weekday() + 1) % 7
    hours = [{"day_of_week": weekday, "start_time": "08:00", "end_time": "10:00"}]
    # Contractors of the demo who travel anywhere lack this skill.
    skills = ["heated floors"]
    api.new_contractor(name="Fargo Carpets", type="carpet", location=FARGO, working_hours=hours, skills=skills)
    crew = api.new_contractor(name="Fargo Tiles", type="tile", location=FARGO, skills=skills)
    body = {"desired_date": f"{day_in(1)}T18:00:00Z", "duration": "02:00:00", "location": FARGO}
    jobs = [
        api.post("jobs/", type=kind, priority=priority, customer_name=CUSTOMER, required_skills=skills, **body)
        for kind, priority in (("tile", "high"), ("tile", "medium"), ("carpet", "urgent"), ("carpet", "low"))
    ]
    yield crew, jobs
    for job in jobs:
        if api.job(job["id"])["status"] in {"open", "assigned"}:
            api.post(f"jobs/{job['id']}/cancel/", reason="End of the test")
    for contractor in api.listed("contractors/", search="Fargo"):
        api.request.patch(f"contractors/{contractor['id']}/", data={"status": "inactive"})


def test_two_coordinators_plan_accept_and_undo_and_see_each_other(
    visit: Open, api: Api, colleague: str, far_north: Any
) -> None:
    crew, jobs = far_north
    first, _second, urgent, low = jobs
    board = visit(f"/?day={day_in(1)}&at={crew['id']}", colleague)
    expect(board.get_by_role("status").first).to_have_text("Live")
    row = board.locator(f"[data-lane='{crew['id']}']").first
    board.evaluate("window.neverReloaded = true")

    page = visit(f"{JOBS}?status__exact=open&q={CUSTOMER.replace(' ', '+')}", COORDINATOR)
    with story("plan a selection with a colleague, what if, accept, undo", page) as person:
        for job in jobs:
            person.click(page.locator(f"input.action-select[value='{job['id']}']"))
        page.locator("select[name=action]").select_option("plan_selected")
        person.click(page.get_by_role("button", name="Run"))
        expect(page.get_by_text("4 selected jobs.")).to_be_visible()
        person.fill(page.get_by_label("Last day"), day_in(8))
        page.get_by_label("Last day").blur()
        expect(page.locator(".plan-sentence")).to_contain_text("4 jobs, 2 contractors could do at least one, 9 days")
        person.click(page.get_by_role("button", name="Plan 4 jobs"))
        expect(page.get_by_role("heading", name="Changes")).to_be_visible(timeout=120_000)
        page.evaluate("window.neverReloaded = true")
        plan_id = page.locator("[data-plan]").get_attribute("data-plan")
        items = {item["job"]: item for item in api.listed(f"plans/{plan_id}/items/")}
        assert items.keys() == {job["id"] for job in jobs} - {low["id"]}

        # The colleague sees the proposals on the board as soon as the plan is ready, and accepts one of them there.
        expect(row.locator("[data-proposal]")).to_have_count(2)
        block = row.locator(f"[data-proposal='{items[first['id']]['id']}']")
        block.focus()
        board.keyboard.press("Enter")
        board.get_by_role("menuitem", name="Accept").click()
        expect(row.locator(f".block[data-job='{first['id']}']")).to_be_visible()
        expect(row.locator("[data-proposal]")).to_have_count(1)
        # The first coordinator sees it, keeps what was selected, and can accept the others.
        accepted = page.locator(f"[data-item='{items[first['id']]['id']}']")
        expect(accepted).to_have_class("accepted")
        expect(accepted).to_contain_text("accepted:")
        expect(page.get_by_role("button", name="Accept all 2 changes")).to_be_visible()
        assert page.evaluate("window.neverReloaded")
        look(page, "seen-live")

        # A job is left out because another one is worth more: a day more makes room for it.
        missed = page.locator(".plan-misses li").filter(has_text=low["job_number"])
        expect(missed).to_contain_text(f"Possible if {urgent['job_number']} (urgent) were left out")
        person.click(missed.get_by_role("button", name="Plan through"))
        page.wait_for_url(lambda url: str(plan_id) not in url)
        expect(page.get_by_role("heading", name="Changes")).to_be_visible(timeout=120_000)
        expect(page.locator("[data-item]")).to_have_count(3)
        planned = page.get_by_role("row", name="Jobs planned").get_by_role("cell")
        expect(planned).to_have_text([re.compile("^0"), re.compile("^3"), re.compile("^3")])
        person.click(page.get_by_role("button", name="Accept all 3 changes"))
        expect(page.get_by_text("Booked: 3.")).to_be_visible()
        expect(row.locator(".block[data-job]")).to_have_count(2)
        expect(row.locator("[data-proposal]")).to_have_count(0)
        person.click(page.get_by_role("button", name="Undo the acceptance"))
        expect(page.get_by_text("was taken back.")).to_be_visible()
        # What the colleague accepted stays; what was undone is proposed again on the board.
        expect(row.locator(".block[data-job]")).to_have_count(1)
        expect(row.locator("[data-proposal]")).to_have_count(1)
    assert board.evaluate("window.neverReloaded")
    assert [booking["status"] for booking in api.bookings(first)] == ["pending"]
    for plan in api.listed("plans/", state="ready") + api.listed("plans/", state="partly_accepted"):
        api.post(f"plans/{plan['id']}/discard/")
