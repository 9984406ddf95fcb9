"""An import of contractors in the browser: upload, check, correction, and import."""

import csv
import io
from typing import Any

from playwright.sync_api import FilePayload, expect

from tests.e2e.conftest import Open
from tests.e2e.office import COORDINATOR, MANAGER, Api
from tests.e2e.test_pages import PICTURES, barriers

HEAD = "email,name,type,phone_number,address,city,state,zip_code,working_hours"
GOOD = "fresh.crew@example.com,Fresh Crew,tile,(512) 555-0143,100 Congress Avenue,Austin,TX,78701,Mon-Fri 08:00-12:00"
BAD = GOOD.replace("fresh.", "stale.").replace("tile", "paint")


def choose(page: Any, *lines: str) -> None:
    file = {"name": "crews.csv", "mimeType": "text/csv", "buffer": "\n".join([HEAD, *lines]).encode()}
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Check").click()


def test_a_file_is_checked_and_imported(visit: Open, api: Api) -> None:
    page = visit("/admin/contractors/contractor/", COORDINATOR)
    page.get_by_role("link", name="Import a file").click()
    expect(page.locator("input[type=file]")).to_be_attached()
    assert barriers(page) == []
    choose(page, GOOD, BAD)
    expect(page.get_by_text("To add: 1. To change: 0.").first).to_be_visible(timeout=60_000)
    expect(page.get_by_role("cell", name="Stale Crew")).to_have_count(0)
    expect(page.get_by_role("row").filter(has_text="type:")).to_contain_text("is not a valid choice")
    assert barriers(page) == []
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / "import-checked.png", full_page=True)
    assert api.get("contractors/", search="fresh.crew")["count"] == 0

    page.get_by_role("button", name="Import").click()
    expect(page.get_by_text("Added: 1. Changed: 0.").first).to_be_visible(timeout=60_000)
    (made,) = api.listed("contractors/", search="fresh.crew")
    assert (made["name"], made["status"], len(made["working_hours"])) == ("Fresh Crew", "active", 5)
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV", exact=True).click()
    rows = list(csv.DictReader(download.value.path().read_text("utf-8-sig").splitlines()))
    assert [row["result"] for row in rows] == ["New", "Rejected"]


# Ten kinds of errors, each in a row of its own: the column, what is wrong there, and what it should have been.
WRONG = {
    "name": ("Fresh Crew", "F"),
    "type": (",tile,", ",paint,"),
    "phone_number": ("(512) 555-0143", "555"),
    "email": ("@example.com", "@nowhere"),
    "address": ("100 Congress Avenue", "100"),
    "city": (",Austin,", ",A,"),
    "state": (",TX,", ",QQ,"),
    "zip_code": ("78701", "787"),
    "working_hours": ("Mon-Fri 08:00-12:00", "Mon-Fry 08:00-12:00"),
}


def test_ten_kinds_of_errors_are_corrected_in_the_result_and_sent_again(visit: Open, api: Api) -> None:
    """Rejected rows are downloaded, corrected, and imported again: every contractor exists once."""
    lines = [GOOD.replace("fresh.", f"ten{n}.").replace(*change) for n, change in enumerate(WRONG.values())]
    lines += [GOOD.replace("fresh.", "ten9."), GOOD.replace("fresh.", "TEN9.")]
    page = visit("/admin/imports/importrun/add/?kind=contractors", COORDINATOR)
    choose(page, *lines)
    expect(page.get_by_text("To add: 1. To change: 0.").first).to_be_visible(timeout=60_000)
    complaints = page.locator(".complaints")
    for column in WRONG:
        expect(complaints).to_contain_text(f"{column}:")
    expect(complaints).to_contain_text("of this file has the same email")
    page.locator(".complaints li").filter(has_text="phone_number").get_by_role("link").click()
    expect(page.locator("#import-rows tbody tr")).to_have_count(1)
    expect(page.locator("#import-rows tbody tr")).to_contain_text("Enter a phone number in the format (512) 555-0143.")
    assert barriers(page) == []

    with page.expect_download() as download:
        page.get_by_role("link", name="CSV of rejected rows").click()
    rows = list(csv.DictReader(download.value.path().read_text("utf-8-sig").splitlines()))
    assert [row["result"] for row in rows] == ["Rejected"] * 10
    for row, (column, (right, wrong)) in zip(rows, WRONG.items(), strict=False):
        assert row["errors"].startswith(f"{column}: ")
        row[column] = row[column].replace(wrong.strip(","), right.strip(","))
    rows[-1]["email"] = "ten10.crew@example.com"
    again = io.StringIO()
    writer = csv.DictWriter(again, rows[0].keys())
    writer.writeheader()
    writer.writerows(rows)
    page.goto("/admin/imports/importrun/add/?kind=contractors")
    file = FilePayload(name="again.csv", mimeType="text/csv", buffer=again.getvalue().encode())
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_text("To add: 10. To change: 0.").first).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_text("Added: 10. Changed: 0.").first).to_be_visible(timeout=60_000)
    assert {contractor["email"].split(".")[0] for contractor in api.listed("contractors/", search="ten")} >= {
        *(f"ten{n}" for n in range(9)),
        "ten10",
    }


def test_progress_keeps_the_keyboard_and_can_be_stopped(visit: Open, api: Api) -> None:
    lines = [GOOD.replace("fresh.", f"many{n}.") for n in range(3000)]
    page = visit("/admin/imports/importrun/add/?kind=contractors", COORDINATOR)
    choose(page, *lines)
    stop = page.get_by_role("button", name="Stop")
    stop.focus()
    progress = page.get_by_role("progressbar")
    expect(page.get_by_text("You can leave this page")).to_be_visible(timeout=60_000)
    before = page.get_by_text("Checking:").text_content()
    expect(page.get_by_text("Checking:")).not_to_have_text(before or "", timeout=60_000)
    expect(progress).to_be_visible()
    expect(stop).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("The check was stopped after").first).to_be_visible(timeout=60_000)
    assert barriers(page) == []
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    assert api.get("contractors/", search="many1")["count"] == 0


def test_a_file_to_begin_with_can_be_sent_as_it_is(visit: Open) -> None:
    page = visit("/admin/imports/importrun/add/?kind=jobs", COORDINATOR)
    with page.expect_download() as download:
        page.get_by_role("link", name="XLSX for jobs").click()
    path = download.value.path()
    page.locator("input[type=file]").set_input_files(
        {"name": "jobs-template.xlsx", "mimeType": "application/octet-stream", "buffer": path.read_bytes()}
    )
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_text("The example row of a template is not imported.")).to_be_visible(timeout=60_000)


def test_reports_for_a_manager(visit: Open) -> None:
    page = visit("/admin/reports/", MANAGER)
    expect(page.get_by_text("First in the ranking chosen")).to_be_visible()
    page.get_by_role("link", name="This quarter").click()
    expect(page.get_by_role("link", name="This quarter")).to_have_attribute("aria-current", "true")
    expect(page.get_by_role("list", name="Bookings by rank", exact=True)).to_be_visible()
    assert barriers(page) == []
    for part in ("jobs with time to assignment", "choices with rank", "starts with delay", "contractors by week"):
        with page.expect_download() as download:
            page.get_by_role("link", name=f"CSV: all {part}").click()
        assert len(download.value.path().read_text("utf-8-sig").splitlines()) > 1


def test_a_manager_exports_and_does_not_import(visit: Open) -> None:
    page = visit("/admin/contractors/contractor/?type__exact=carpet", MANAGER)
    expect(page.get_by_role("link", name="Import a file")).to_have_count(0)
    with page.expect_download() as download:
        page.get_by_role("link", name="Export CSV").click()
    lines = download.value.path().read_text().splitlines()
    assert len(lines) > 1
    assert all(",carpet," in line for line in lines[1:])
