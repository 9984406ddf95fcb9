"""The inputs of `make bench-inputs` have the intended form."""

import io

import openpyxl
import pytest

from benchmarks import inputs


def test_the_workbooks_can_be_read_but_for_what_is_wrong_with_them() -> None:
    cell = '<sheetData><row><c t="s"><v>0</v></c></row></sheetData>'
    book = openpyxl.load_workbook(io.BytesIO(inputs.workbook(sheet=cell, strings="<si><t>Ann</t></si>", unread="<")))
    assert book.worksheets[0]["A1"].value == "Ann"


def test_words_fit_into_an_address() -> None:
    assert len(inputs.words(8_000)) < 8_000
    assert inputs.words(3) == "w0+w1+w2"


def test_an_unknown_input_is_named(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "stage", lambda **options: pytest.fail("started"))
    assert inputs.main(["pipeline", "nonsense"]) == 2
    assert "No such input: nonsense." in capsys.readouterr().err
