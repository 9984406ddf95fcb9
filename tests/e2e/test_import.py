"""A file with new contractors: chosen, checked, corrected, imported; nothing written before that is said."""

from typing import Any

from playwright.sync_api import expect

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
    expect(page.get_by_text("An import would add 1, change 0")).to_be_visible(timeout=20_000)
    expect(page.get_by_role("cell", name="Stale Crew")).to_have_count(0)
    expect(page.get_by_role("row").filter(has_text="type:")).to_contain_text("is not a valid choice")
    assert barriers(page) == []
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / "import-checked.png", full_page=True)
    assert api.get("contractors/", search="fresh.crew")["count"] == 0

    page.get_by_role("button", name="Import").click()
    expect(page.get_by_text("Imported: 1 new, 0 changed")).to_be_visible(timeout=20_000)
    (made,) = api.listed("contractors/", search="fresh.crew")
    assert (made["name"], made["status"], len(made["working_hours"])) == ("Fresh Crew", "active", 5)
    with page.expect_download() as download:
        page.get_by_role("link", name="The file with the result of each row").click()
    text = download.value.path().read_text()
    assert [line.split(",")[-2] for line in text.splitlines()[1:]] == ["New", "Refused"]


def test_a_manager_exports_and_does_not_import(visit: Open) -> None:
    page = visit("/admin/contractors/contractor/?type__exact=carpet", MANAGER)
    expect(page.get_by_role("link", name="Import a file")).to_have_count(0)
    with page.expect_download() as download:
        page.get_by_role("link", name="Export CSV").click()
    lines = download.value.path().read_text().splitlines()
    assert len(lines) > 1
    assert all(",carpet," in line for line in lines[1:])
