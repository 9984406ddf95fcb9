"""Odd import files: other headings, dropped zeros, empty lines, extra cells, bombs, and wrong encodings."""

import io
import zipfile
from datetime import UTC, datetime, time, timedelta
from typing import Any, NoReturn

import pytest
from openpyxl import Workbook

from contractors.models import Contractor
from smartscheduler.accounts.models import User
from smartscheduler.core.file_writer import write_csv, write_xlsx
from smartscheduler.errors import InvalidInput
from smartscheduler.imports.file_reader import read_table
from smartscheduler.imports.models import ImportRun
from smartscheduler.imports.runner import work_on_files
from smartscheduler.imports.services import begin
from smartscheduler.imports.tables import table_of
from tests.factories import ContractorFactory, UserFactory
from tests.imports.test_imports import ANN, HEAD, checked, counts, errors, imported, with_suggested_match


@pytest.fixture
def actor() -> User:
    return UserFactory()


def remarks(run: ImportRun) -> dict[int, str]:
    return {row.number: row.remarks for row in run.rows.all()}


@pytest.mark.django_db
class TestTheRows:
    def test_headings_by_other_names(self, actor: User) -> None:
        text = (
            "E-mail,Full name,Trade,Phone,Skills,Radius,Street,Town,State,ZIP,Lat,Lon,Hours\n"
            "ann@example.com,Ann,Tile,5125550143,Mosaic,40,100 Congress Avenue,Austin,texas,78701-1234,,,Mon 8:00-12:00"
        )
        run = imported(text, actor)
        assert counts(run) == (1, 0, 0, 0), errors(run)
        ann = Contractor.objects.get()
        assert (ann.phone_number, ann.type, ann.state, ann.zip_code) == ("(512) 555-0143", "tile", "TX", "78701")

    def test_a_zero_that_a_spreadsheet_dropped_comes_back(self, actor: User) -> None:
        row = ANN.replace("Austin,TX,78701", "Cambridge,MA,2139")
        run = imported(f"{HEAD}\n{row}\n", actor)
        assert counts(run) == (1, 0, 0, 0), errors(run)
        assert Contractor.objects.get().zip_code == "02139"
        assert "ZIP code 2139 was read as 02139." in remarks(run)[2]

    def test_a_zero_is_not_made_up_for_another_state(self, actor: User) -> None:
        run = checked(f"{HEAD}\n{ANN.replace('78701', '2139')}\n", actor)
        assert errors(run)[2]["zip_code"] == ["A ZIP code has five digits."]

    def test_an_unknown_zip_code_is_the_only_error(self, actor: User) -> None:
        unknown, wrong = ANN.replace("78701", "00000"), ANN.replace("78701", "787").replace("ann@", "bob@")
        run = checked(f"{HEAD}\n{unknown}\n{wrong}\n", actor)
        assert errors(run) == {
            2: {
                "zip_code": [
                    "The location of this ZIP code is unknown. Enter latitude and longitude, or set up a geocoder."
                ]
            },
            3: {"zip_code": ["A ZIP code has five digits."]},
        }

    def test_empty_lines_are_passed_over_and_lines_keep_their_numbers(self, actor: User) -> None:
        run = checked(f"{HEAD}\n\n,,,\n{ANN}\n\n{ANN.replace('tile', 'paint').replace('ann@', 'bob@')}\n\n", actor)
        assert (run.total, counts(run)) == (2, (1, 0, 0, 1))
        assert list(errors(run)) == [6]

    def test_a_surplus_cell_is_an_error_of_its_row(self, actor: User) -> None:
        run = checked(f"{HEAD}\n{ANN},oops\n", actor)
        assert "more cells than there are columns: oops" in errors(run)[2][""][0]

    def test_a_broken_quotation_mark_is_an_error_of_its_row_alone(self, actor: User) -> None:
        broken = ANN.replace("ann@", "bob@").replace("100 Congress", '"100 Congress')
        run = imported(f"{HEAD}\n{ANN}\n{broken}\n{ANN.replace('ann@', 'eve@')}\n", actor)
        assert counts(run) == (2, 0, 0, 1)
        assert "quotation marks in line 3 do not match" in errors(run)[3][""][0]

    def test_the_point_of_a_known_contractor_stays_when_the_place_does(self, actor: User) -> None:
        ann = ContractorFactory(email="ann@example.com")
        text = "email,name,address,city,state,zip_code\nann@example.com,Ann Bell,100 Congress Avenue,Austin,TX,78701\n"
        assert counts(imported(text, actor)) == (0, 1, 0, 0)
        was = ann.latitude, ann.longitude
        ann.refresh_from_db()
        assert (ann.name, ann.latitude, ann.longitude) == ("Ann Bell", *was)

    def test_another_zip_code_moves_it_and_says_so(self, actor: User) -> None:
        ann = ContractorFactory(email="ann@example.com")
        text = "email,address,city,state,zip_code\nann@example.com,1 Main Street,Denver,CO,80202\n"
        run = imported(text, actor)
        ann.refresh_from_db()
        assert (round(ann.latitude), round(ann.longitude), ann.time_zone) == (40, -105, "America/Denver")
        assert "center of ZIP code 80202" in remarks(run)[2]
        assert remarks(run)[2].startswith("Changes latitude, longitude, address, city, ")

    def test_what_would_change_is_named(self, actor: User) -> None:
        ContractorFactory(email="ann@example.com", name="Ann")
        run = checked("email,name,working_hours\nann@example.com,Bea,Mon 08:00-12:00\n", actor)
        assert remarks(run)[2] == "Changes name, working_hours."

    def test_a_probable_duplicate_is_linked(self, actor: User) -> None:
        ContractorFactory(email="old@example.com", name="ANN TILES")
        row = ANN.replace("78701,,", "78701,30.2672,-97.7431")
        run = checked(f"{HEAD}\n{row}\n", actor)
        assert counts(run) == (1, 0, 0, 0)
        assert "Likely a duplicate of old@example.com" in remarks(run)[2]

    def test_dates_and_durations_of_a_workbook(self, actor: User) -> None:
        book, buffer = Workbook(), io.BytesIO()
        moment = datetime.now(UTC).replace(tzinfo=None, hour=9, minute=0, second=0, microsecond=0) + timedelta(days=9)
        head = ["type", "date", "duration", "address", "city", "state", "zip", "customer phone"]
        place = ["100 Congress Avenue", "Austin", "TX", 78701, 5125550143]
        serial = (moment - datetime(1899, 12, 30)) / timedelta(days=1)  # noqa: DTZ001
        for line in (head, ["tile", moment, time(2, 30), *place], ["tile", serial, timedelta(hours=2.5), *place]):
            book.worksheets[0].append(line)
        book.save(buffer)
        run = with_suggested_match(begin(kind="jobs", name="x.xlsx", content=buffer.getvalue(), actor=actor))
        work_on_files()
        run.refresh_from_db()
        assert counts(run) == (2, 0, 0, 0), errors(run)
        table = table_of(run)
        assert [row["duration"] for row in table.rows] == ["02:30:00", "2:30:00"]

    def test_an_unexpected_failure_of_one_row_does_not_keep_the_others_waiting(
        self, actor: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_args: Any, **_values: Any) -> NoReturn:
            raise ZeroDivisionError

        monkeypatch.setattr("smartscheduler.imports.importers.create_contractor", fail)
        ContractorFactory(email="bob@example.com")
        run = checked(f"{HEAD}\n{ANN}\n{ANN.replace('ann@', 'bob@')}\n", actor)
        assert counts(run) == (0, 1, 0, 1)
        assert "The log of the worker has the reason" in errors(run)[2][""][0]


def packed(**parts: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), text)
    return buffer.getvalue()


def with_sheet(xml: str) -> bytes:
    """A workbook whose one sheet is `xml`."""
    made = io.BytesIO()
    whole = zipfile.ZipFile(io.BytesIO(b"".join(write_xlsx(["a"], [["1"]]))))
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in whole.infolist():
            archive.writestr(part.filename, xml if "sheet1" in part.filename else whole.read(part))
    return made.getvalue()


LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "lol">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefghi", "bcdefghij", strict=True))
    + "]><worksheet><sheetData><row><c><v>&j;</v></c></row></sheetData></worksheet>"
)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.csv", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00", "neither a CSV file nor an XLSX workbook"),
        ("x.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), "old workbook"),
        ("x.xlsx", packed(a="b"), "not an XLSX workbook"),
        ("x.xlsx", packed(bomb="0" * (101 * 1024 * 1024)), "unpacked file is too large"),
        ("x.xlsx", with_sheet("<worksheet><sheetData><row>"), "damaged"),
        ("x.xlsx", with_sheet(LAUGHS), "document type or entities"),
        ("x.xlsx", b"".join(write_xlsx(["a"], [["1"]]))[:-40], "damaged"),
        ("x.xlsx", b"".join(write_xlsx(["a"], ([str(n)] for n in range(50_001)))), "more than 50,000 rows"),
    ],
    ids=["picture", "xls", "zip", "bomb", "cut", "laughs", "broken", "long"],
)
def test_says_what_to_do_with_a_file(name: str, content: bytes, message: str) -> None:
    with pytest.raises(InvalidInput, match=message) as refusal:
        read_table(name, content)
    assert list(refusal.value.errors) == ["file"]


@pytest.mark.parametrize(
    "content",
    [
        "a;b\n1;2\n".encode("utf-16"),
        "a,b\n1,2\n".encode("utf-16-le"),
        b"".join(write_xlsx(["a", "b"], [["1", "2"]])),
        b"sep=;\r\na;b\r\n1;2\r\n",
        b'"a;x",b\n1,2\n'.replace(b'"a;x"', b'"a"'),
        b"\n\na\tb\n1\t2\n",
    ],
    ids=["utf-16", "utf-16 without a mark", "workbook", "sep", "quoted", "tabs"],
)
def test_is_read_all_the_same(content: bytes) -> None:
    assert read_table("x.csv", content).rows == [{"a": "1", "b": "2"}]


def test_lines_are_those_of_the_spreadsheet() -> None:
    text = b'a,b\n"two\nlines",1\n\nx,2\n'
    assert read_table("x.csv", text).lines == [2, 4]
    assert read_table("x.csv", b"sep=,\n" + text).lines == [3, 5]


def test_a_sheet_that_lies_about_its_size_is_read_whole() -> None:
    book = with_sheet(
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><dimension ref="A1"/><sheetData>'
        '<row><c t="inlineStr"><is><t>a</t></is></c></row><row><c t="inlineStr"><is><t>1</t></is></c></row>'
        "</sheetData></worksheet>"
    )
    assert read_table("x.xlsx", book).rows == [{"a": "1"}]


def test_a_hundred_thousand_rows_leave_in_pieces() -> None:
    """Neither writer holds more than a piece of the file."""
    rows = ([f"Crew {n}", "x" * 50] for n in range(100_000))
    for pieces in (write_csv(["a", "b"], rows), write_xlsx(["a", "b"], rows)):
        largest = max(len(piece) for piece in pieces)
        assert largest < 500_000
        rows = ([f"Crew {n}", "x" * 50] for n in range(100_000))
