"""The match of the columns of a file in the browser: an office's own spreadsheet, and columns of every kind."""

import csv
import io

import pytest
from openpyxl import Workbook
from playwright.sync_api import FilePayload, Page, expect

from tests.e2e.conftest import Open
from tests.e2e.office import COORDINATOR, Api
from tests.e2e.stories import story
from tests.e2e.test_pages import OVERFLOW, SIZES, barriers, keep_a_picture

ADD = "/admin/imports/importrun/add/?kind=contractors"
HEADINGS = ["Crew", "Cell", "Mail to", "Where they start", "Trade", "Shirt size"]
ROWS = [
    ["Wren Flooring", "(512) 555-0161", "wren@example.com", "100 Congress Avenue, Austin, TX 78701", "Tile", "XL"],
    ["Finch & Sons", "512.555.0162", "finch@example.com", "1200 Barton Springs Rd, Austin, TX 78704", "Carpet", "M"],
]


def office_book() -> bytes:
    """A workbook as an office keeps it: a cover sheet, and a title above the headings."""
    book, buffer = Workbook(), io.BytesIO()
    cover = book.worksheets[0]
    cover.title = "Cover"
    cover.append(["Crews of the season"])
    sheet = book.create_sheet("Crews")
    for line in (["Our crews"], [], HEADINGS, *ROWS):
        sheet.append(line)
    book.save(buffer)
    return buffer.getvalue()


def send(page: Page, name: str, content: bytes) -> None:
    file = FilePayload(name=name, mimeType="application/octet-stream", buffer=content)
    page.locator("input[type=file]").set_input_files(file)


def test_an_unprepared_file_is_matched_corrected_and_imported_and_known_again(visit: Open, api: Api) -> None:
    page = visit("/admin/contractors/contractor/", COORDINATOR)
    with story("Import an unprepared file", page) as hand:
        hand.click(page.get_by_role("link", name="Import a file"))
        send(page, "crews.xlsx", office_book())
        hand.click(page.get_by_role("button", name="Check"))
        expect(page.get_by_role("heading", name="Match the columns")).to_be_visible()
        expect(page.get_by_text("sheet Crews, headings in line 3")).to_be_visible()
        target = page.get_by_label("Shirt size")
        expect(target).to_have_value("")
        expect(page.get_by_label("Mail to")).to_have_value("email")
        expect(page.get_by_label("Where they start")).to_have_value("full_address")
        assert barriers(page) == []
        keep_a_picture(page, "match-desk")
        # The keyboard chooses a target by its first letters.
        target.focus()
        hand.type("Skil")
        expect(target).to_have_value("skills")
        hand.click(page.get_by_role("button", name="Check"))
        expect(page.get_by_text("To add: 2. To change: 0.").first).to_be_visible(timeout=60_000)
        expect(page.get_by_role("link", name="Change the match")).to_be_visible()
        assert barriers(page) == []
        hand.click(page.get_by_role("button", name="Import"))
        expect(page.get_by_text("Added: 2. Changed: 0.").first).to_be_visible(timeout=60_000)
    assert hand.clicks == 4
    (wren,) = api.listed("contractors/", search="wren@example.com")
    assert (wren["name"], wren["type"], wren["skills"]) == ("Wren Flooring", "tile", ["XL"])
    assert wren["location"]["zip_code"] == "78701"
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV", exact=True).click()
    (first, *_others) = csv.DictReader(download.value.path().read_text("utf-8-sig").splitlines())
    assert [*first] == [*HEADINGS, "result", "errors", "remarks"]

    with story("Import the same file again", page) as hand:
        page.goto(ADD)
        send(page, "crews.xlsx", office_book())
        hand.click(page.get_by_role("button", name="Check"))
        expect(page.get_by_text("To add: 0. To change: 0. Unchanged: 2.").first).to_be_visible(timeout=60_000)
    assert hand.clicks == 1

    with story("Rename and delete a saved match", page) as hand:
        page.goto(ADD)
        hand.click(page.get_by_role("link", name="Saved matches"))
        row = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name="crews")).first
        expect(row).to_contain_text("last used")
        hand.click(row.get_by_text("Rename or delete"))
        hand.fill(row.get_by_label("Name of the saved match"), "Crews of the office")
        for size, viewport in SIZES.items():
            page.set_viewport_size(viewport)
            keep_a_picture(page, f"saved-match-{size}")
            assert page.evaluate(OVERFLOW) <= 0
            assert barriers(page) == []
        hand.click(row.get_by_role("button", name="Rename"))
        expect(page.get_by_text("The saved match was renamed to “Crews of the office”.")).to_be_visible()
        hand.click(page.get_by_text("Rename or delete, Crews of the office"))
        hand.click(page.get_by_role("button", name="Delete").and_(page.locator(":visible")))
        expect(page.get_by_text("The saved match “Crews of the office” was deleted.")).to_be_visible()


def test_a_match_is_changed_from_the_check(visit: Open) -> None:
    page = visit(ADD, COORDINATOR)
    text = "Company name,Phone,E-mail,Trade,Street,City,State,Zip\n" + (
        "Lark Floors,(512) 555-0163,lark@example.com,Tile,100 Congress Avenue,Austin,TX,78701\n"
    )
    send(page, "larks.csv", text.encode())
    page.get_by_role("button", name="Check").click()
    page.get_by_label("Trade").select_option("")
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_text("Rejected: 1.").first).to_be_visible(timeout=60_000)
    expect(page.get_by_text("1 column is left out: Trade")).to_be_visible()
    page.get_by_role("link", name="Change the match").click()
    expect(page.get_by_role("heading", name="Missing: Type of work")).to_be_visible()
    assert barriers(page) == []
    page.get_by_label("Trade").select_option("City")
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_text("“City” is also chosen for City.")).to_be_visible()
    assert barriers(page) == []
    page.get_by_label("Trade").select_option("Type of work")
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_text("To add: 1.").first).to_be_visible(timeout=60_000)


def odd_columns() -> bytes:
    """Long headings, one heading without a blank, empty columns, and markup."""
    notes = [f"What the office notes about the contractor, part {n}" for n in range(97)]
    titles = ["Name", "<b>Bold</b>", "W" * 80, *notes]
    cells = ["Ann Tiles", "<script>", "M" * 200, *("" if n % 3 else f"value {n}" for n in range(97))]
    text = io.StringIO()
    csv.writer(text).writerows([titles, cells])
    return text.getvalue().encode()


@pytest.mark.parametrize("size", SIZES)
def test_a_hundred_odd_columns_fit(visit: Open, size: str) -> None:
    page = visit(ADD, COORDINATOR, viewport=SIZES[size])
    send(page, "odd.csv", odd_columns())
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_role("heading", name="Match the columns")).to_be_visible()
    expect(page.get_by_text("64 columns are empty and left out")).to_be_visible()
    keep_a_picture(page, f"match-odd-{size}")
    assert page.evaluate(OVERFLOW) <= 0
    assert barriers(page) == []
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_text("Choose a column for:")).to_be_visible()
    assert barriers(page) == []
