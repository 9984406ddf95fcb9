"""Every page of plans on a phone and a desktop, in each of its states: it fits, raises no error, and is accessible."""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Open
from tests.e2e.office import ADMINISTRATOR, COORDINATOR, MANAGER, note_faults
from tests.e2e.test_pages import OVERFLOW, SIZES, barriers, keep_a_picture
from tests.e2e.test_plans import day_in
from tests.products import Product

STATES = (
    *("queued", "running", "ready", "stopped", "partly_accepted", "accepted"),
    *("discarded", "expired", "failed", "cancelled", "empty"),
)
BAD_SCOPE = "first_day=2020-01-01&last_day=someday&zip_codes=00000&miles=0&max_changes=-1&freeze_hours=9999&effort=luck"
PRICES = "worth_urgent=6&price_contractor=0.3&price_day=0.2&job="


@pytest.fixture(scope="module")
def plans(running: Product) -> Iterator[dict[str, str]]:
    """Ids of plans by state."""
    made = running.manage("shell", "-c", "from tests.e2e.plan_states import show; show()")
    assert made.returncode == 0, made.stderr
    yield json.loads(made.stdout.splitlines()[-1])
    ended = running.manage("shell", "-c", "from tests.e2e.plan_states import discard; discard()")
    assert ended.returncode == 0, ended.stderr


def look(page: Page, name: str, faults: list[str]) -> None:
    """Check the page at both sizes, with everything open that a user can open."""
    for size, viewport in SIZES.items():
        page.set_viewport_size(viewport)
        keep_a_picture(page, f"plan-{name}-{size}")
        assert page.evaluate(OVERFLOW) <= 0, size
        assert barriers(page) == [], size
    assert faults == []
    assert page.get_by_role("main").count() == 1


@pytest.mark.parametrize("state", STATES)
def test_a_plan_in_each_state(visit: Open, plans: dict[str, str], state: str) -> None:
    faults: list[str] = []
    url = f"/admin/planning/plan/{plans[state]}/change/"
    page = visit(url, COORDINATOR, prepare=lambda page: note_faults(page, faults))
    page.wait_for_load_state("load")
    for details in page.locator("details.formula").all():
        details.evaluate("each => each.open = true")
    look(page, state, faults)


def test_a_plan_as_managers_see_it(visit: Open, plans: dict[str, str]) -> None:
    faults: list[str] = []
    url = f"/admin/planning/plan/{plans['ready']}/change/"
    page = visit(url, MANAGER, prepare=lambda page: note_faults(page, faults))
    expect(page.get_by_text("This change is no longer possible.").first).to_be_visible()
    look(page, "manager", faults)


def test_a_selection_with_its_filters(visit: Open, plans: dict[str, str]) -> None:
    faults: list[str] = []
    url = f"/admin/planning/plan/{plans['ready']}/change/"
    page = visit(url, COORDINATOR, prepare=lambda page: note_faults(page, faults))
    page.get_by_role("button", name="Other contractor").click()
    row = page.locator("[data-item]:visible")
    expect(row).to_have_count(1)
    row.get_by_role("checkbox").check()
    # The rest of the bundle is selected too, and is shown.
    expect(row).to_have_count(2)
    expect(page.get_by_role("button", name="Accept 2 selected")).to_be_enabled()
    look(page, "selection", faults)


@pytest.mark.parametrize(
    ("name", "path", "person", "text"),
    [
        ("list", "plan/", COORDINATOR, "Plans"),
        ("list-of-ready", "plan/?state__in=ready,stopped,partly_accepted", COORDINATOR, "Plans"),
        ("scope-all", "plan/add/", COORDINATOR, "All open jobs."),
        ("scope-wrong", f"plan/add/?{BAD_SCOPE}", COORDINATOR, "Correct these fields first:"),
    ],
)
def test_the_list_and_the_scope(
    visit: Open, plans: dict[str, str], name: str, path: str, person: str, text: str
) -> None:
    faults: list[str] = []
    page = visit(f"/admin/planning/{path}", person, prepare=lambda page: note_faults(page, faults))
    expect(page.get_by_role("main")).to_contain_text(text)
    # Each link of the list of errors leads to a field that can be seen.
    for link in page.get_by_role("alert").get_by_role("link").all():
        expect(page.locator(link.get_attribute("href") or "")).to_be_visible()
    look(page, name, faults)


def test_the_prices_of_plans_among_the_rules(visit: Open, plans: dict[str, str]) -> None:
    faults: list[str] = []
    page = visit(
        f"/admin/rules/rulesversion/add/?{PRICES}", ADMINISTRATOR, prepare=lambda page: note_faults(page, faults)
    )
    page.get_by_role("button", name="Preview").click()
    page.wait_for_load_state("load")
    look(page, "prices", faults)


def test_the_question_before_a_plan_is_discarded(visit: Open, plans: dict[str, str]) -> None:
    faults: list[str] = []
    url = f"/admin/planning/plan/{plans['stopped']}/change/"
    page = visit(url, COORDINATOR, prepare=lambda page: note_faults(page, faults))
    page.get_by_role("button", name="Discard").or_(page.get_by_role("link", name="Discard")).first.click()
    look(page, "question", faults)


def test_proposals_and_their_menu_on_the_board(visit: Open, plans: dict[str, str]) -> None:
    faults: list[str] = []
    url = f"/?day={day_in(2)}&q=Floors%20and%20More"
    page = visit(url, COORDINATOR, prepare=lambda page: note_faults(page, faults))
    block = page.locator("[data-proposal]").first
    expect(block).to_be_visible()
    look(page, "board", faults)
    block.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem", name="Accept")).to_be_visible()
    look(page, "board-menu", faults)
