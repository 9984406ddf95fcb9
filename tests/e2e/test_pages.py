"""Every page on a phone and a desktop: it fits, raises no error, and is accessible. Screenshots go to .data/e2e/."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, ViewportSize

from smartscheduler import BASE_DIR
from tests.e2e.conftest import Open
from tests.e2e.office import ADMINISTRATOR, COORDINATOR, MANAGER, Api, note_faults

PICTURES = BASE_DIR / ".data" / "e2e"
SIZES: dict[str, ViewportSize] = {
    "telephone": {"width": 375, "height": 812},
    "desk": {"width": 1280, "height": 800},
}
WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], "resultTypes": ["violations"]}
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def first(api: Api, path: str, **params: Any) -> Any:
    return api.listed(path, **params)[0]["id"]


def open_job(api: Api) -> Any:
    return first(api, "jobs/", status="open", ordering="desired_date")


OTHER_RULES = (
    "availability_weight=0.2&rating_weight=0.7&distance_weight=0.1&max_miles=40"
    "&minimum_gap_minutes=15&drive_mph=35&road_factor=1.3&horizon_days=10&job="
)


def pending(api: Api) -> Any:
    return first(api, "assignments/", status="pending")


def of_contractor(api: Api, page: str) -> str:
    """The page of a contractor with a booking during an absence."""
    if not BUSY:
        BUSY.append(api.new_contractor())
        slot = api.book(BUSY[0])["time_slot"]
        api.post(f"contractors/{BUSY[0]['id']}/absences/", start=slot["start"], end=slot["end"], kind="sickness")
    address, _, tab = page.partition("/")
    return f"/admin/contractors/contractor/{BUSY[0]['id']}/{address}/{tab}"


BUSY: list[Any] = []
PATHS: dict[str, Callable[[Api], str]] = {
    "live": lambda api: "/",
    "login": lambda api: "/admin/login/",
    "home": lambda api: "/admin/",
    "jobs": lambda api: "/admin/jobs/job/",
    "job": lambda api: f"/admin/jobs/job/{open_job(api)}/change/",
    "new-job": lambda api: "/admin/jobs/job/add/",
    "some-jobs": lambda api: "/admin/jobs/job/?status__exact=open&desired_from=2026-01-01&q=a",
    "recommend": lambda api: f"/admin/jobs/job/{open_job(api)}/recommend/",
    "contractor": lambda api: of_contractor(api, "change"),
    "contractor-hours": lambda api: of_contractor(api, "change/#working_hours"),
    "contractor-absences": lambda api: of_contractor(api, "change/#absences"),
    "contractor-assignments": lambda api: of_contractor(api, "change/#assignments"),
    "contractor-ratings": lambda api: of_contractor(api, "change/#ratings"),
    "contractors": lambda api: "/admin/contractors/contractor/",
    "new-contractor": lambda api: "/admin/contractors/contractor/add/",
    "absent": lambda api: of_contractor(api, "absent"),
    "conflicts": lambda api: of_contractor(api, "conflicts"),
    "deactivate": lambda api: of_contractor(api, "deactivate"),
    "week": lambda api: of_contractor(api, "week"),
    "import": lambda api: "/admin/imports/importrun/add/",
    "rules": lambda api: "/admin/rules/rulesversion/",
    "change-rules": lambda api: f"/admin/rules/rulesversion/add/?{OTHER_RULES}",
    "imports": lambda api: "/admin/imports/importrun/",
    "saved-matches": lambda api: "/admin/imports/importrun/matches/",
    "reports": lambda api: "/admin/reports/",
    "roads": lambda api: "/admin/roads/",
    "explanations": lambda api: "/admin/words/",
    "plans": lambda api: "/admin/planning/plan/",
    "plan-jobs": lambda api: "/admin/planning/plan/add/",
    "mails": lambda api: "/admin/notifications/mail/",
    "customer-messages": lambda api: "/admin/notifications/customermessage/",
    "message-templates": lambda api: "/admin/notifications/messagetemplate/",
    "assignments": lambda api: "/admin/assignments/assignment/?kept=live",
    "reassign": lambda api: f"/admin/assignments/assignment/{pending(api)}/reassign/",
    "reschedule": lambda api: f"/admin/assignments/assignment/{pending(api)}/reschedule/",
    "swap": lambda api: f"/admin/assignments/assignment/{pending(api)}/swap/",
    "cancel": lambda api: f"/admin/assignments/assignment/{pending(api)}/cancel/",
    "booked-job": lambda api: f"/admin/jobs/job/{first(api, 'jobs/', status='assigned')}/change/",
    "history": lambda api: "/admin/history/?model=jobs.job",
    "contractor-history": lambda api: f"/admin/contractors/contractor/{first(api, 'contractors/')}/history/",
    "assignment-history": lambda api: f"/admin/assignments/assignment/{first(api, 'assignments/')}/history/",
    "assignment": lambda api: f"/admin/assignments/assignment/{first(api, 'assignments/')}/change/",
    "events": lambda api: "/admin/events/outboxevent/",
    "event": lambda api: "/admin/events/outboxevent/1/change/",
    "second-factor": lambda api: "/admin/second-factor/",
    "second-factor-set-up": lambda api: "/admin/second-factor/set-up/",
    "audit": lambda api: "/admin/audit/auditentry/",
    "audit-entry": lambda api: "/admin/audit/auditentry/1/change/",
    "personal-data": lambda api: "/admin/personal-data/?name=a",
    "personal-data-of-contractor": lambda api: f"/admin/personal-data/contractor/{first(api, 'contractors/')}/",
    "personal-data-of-customer": lambda api: f"/admin/personal-data/customer/?job={open_job(api)}",
    "personal-data-of-user": lambda api: f"/admin/personal-data/user/{api.get('auth/me/')['id']}/",
    "my-settings": lambda api: "/admin/my-settings/",
    "documentation": lambda api: "/admin/docs/",
    "document": lambda api: "/admin/docs/travel.md",
    "sign-ins": lambda api: "/admin/sign-ins/",
    "password": lambda api: "/admin/password_change/",
    "users": lambda api: "/admin/accounts/user/",
    "user": lambda api: f"/admin/accounts/user/{api.get('auth/me/')['id']}/change/",
    "new-user": lambda api: "/admin/accounts/user/add/",
    "service-accounts": lambda api: "/admin/accounts/serviceaccount/",
    "new-service-account": lambda api: "/admin/accounts/serviceaccount/add/",
}

# Who opens it, where that is not the coordinator.
PEOPLE = {"login": None, "reports": MANAGER} | dict.fromkeys(
    [
        *("rules", "change-rules", "roads", "explanations", "users", "user", "new-user", "audit", "audit-entry"),
        *("message-templates", "service-accounts", "new-service-account"),
    ],
    ADMINISTRATOR,
)
PEOPLE |= dict.fromkeys((name for name in PATHS if name.startswith("personal-data")), ADMINISTRATOR)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", PATHS)
def test_fits_has_no_errors_and_is_accessible(visit: Open, api: Api, name: str, size: str) -> None:
    faults: list[str] = []
    person = PEOPLE.get(name, COORDINATOR)
    page = visit(PATHS[name](api), person, viewport=SIZES[size], prepare=lambda page: note_faults(page, faults))
    page.wait_for_load_state("networkidle")
    keep_a_picture(page, f"{name}-{size}")
    assert page.evaluate(OVERFLOW) <= 0
    assert faults == []
    assert barriers(page) == []
    assert page.get_by_role("main").count() == 1


def keep_a_picture(page: Page, name: str) -> None:
    """On a screen as tall as the page: bars that stick to the lower edge would else lie across the middle."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    seen = page.viewport_size
    assert seen
    tall = max(seen["height"], page.evaluate("document.documentElement.scrollHeight"))
    page.set_viewport_size({"width": seen["width"], "height": tall})
    page.screenshot(path=PICTURES / f"{name}.png", full_page=True)
    page.set_viewport_size(seen)


# A color that fades, and scrolling that goes on, are no barriers.
AT_REST = """Promise.all(document.getAnimations().map((animation) =>
  animation.effect?.getComputedTiming().endTime === Infinity || animation.finished.catch(() => null)))"""
MOST_LOOKS = 3


def barriers(page: Page) -> list[str]:
    """Serious and critical failures of WCAG 2.2 A and AA, each with the places it was found in.

    A failure counts that is still there when the page is at rest and was examined again.
    """
    failures: list[str] = []
    for _ in range(MOST_LOOKS):
        page.evaluate(AT_REST)
        failures = barriers_now(page)
        if not failures:
            break
    return failures


def barriers_now(page: Page) -> list[str]:
    # On a scrolled page, the header covers controls, and axe would call them too small.
    scrolled = page.evaluate("scrollY")
    page.evaluate("scrollTo({ top: 0, behavior: 'instant' })")
    results = Axe().run(page, options=WCAG).response
    page.evaluate("top => scrollTo({ top, behavior: 'instant' })", scrolled)
    assert results["passes"], "nothing was looked at"
    faults = [
        (fault, places_of(fault)) for fault in results["violations"] if fault["impact"] in {"serious", "critical"}
    ]
    return [f"{fault['id']} ({fault['impact']}): {fault['help']}: {places}" for fault, places in faults if places]


def places_of(fault: Any) -> list[Any]:
    """Where it was found. Pins of a map can overlap: their place is essential (WCAG 2.5.8)."""
    places = [node["target"] for node in fault["nodes"]]
    return [place for place in places if fault["id"] != "target-size" or ".leaflet-marker-icon" not in str(place)]


def test_barriers_would_be_found(visit: Open) -> None:
    page = visit("/admin/login/", None)
    page.evaluate("document.querySelector('label[for=id_username]').remove()")
    assert [barrier.split(":")[0] for barrier in barriers(page)] == ["label (critical)"]
