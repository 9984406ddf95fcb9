"""CSV text with broken quotation marks, and the separator."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartscheduler.imports import csv_reader
from smartscheduler.imports.csv_reader import csv_lines, separator_of
from smartscheduler.imports.file_reader import BROKEN, read_table
from tests.inputs.growth import GROWTH, grows_too_fast

cells = st.text(st.sampled_from('ab,;\n\r" x'), max_size=6)


def broken_lines(text: str) -> list[int]:
    return [line.number for line in csv_lines(text) if line.is_broken]


@given(st.lists(st.lists(cells, min_size=3, max_size=3), min_size=1, max_size=6))
def test_what_the_csv_module_writes_is_read(rows: list[list[str]]) -> None:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, quoting=csv.QUOTE_ALL).writerows([["a", "b", "c"], *rows])
    lines = list(csv_lines(buffer.getvalue()))
    assert [line.cells for line in lines[1:]] == rows
    assert [line.number for line in lines] == list(range(1, len(rows) + 2))


@pytest.mark.parametrize(
    ("row", "cells"),
    [
        ('1,"oops,2', ["1", '"oops', "2"]),
        ('1,"x"y,2', ["1", "xy", "2"]),
        ('1,2,"', ["1", "2", ""]),
        ('1,"José "Pepe" Núñez",2', ["1", 'José Pepe" Núñez"', "2"]),
    ],
)
def test_a_broken_quotation_mark_costs_one_row(row: str, cells: list[str]) -> None:
    table = read_table("x.csv", f'a,b,c\n3,4,5\n{row}\n6,"7\n8",9\n10,"11",12\n'.encode())
    assert [list(row.values()) for row in table.rows] == [
        ["3", "4", "5"],
        [*cells, "3"],
        ["6", "7\n8", "9"],
        ["10", "11", "12"],
    ]
    assert [BROKEN in row for row in table.rows] == [False, True, False, False]
    assert table.lines == [2, 3, 4, 5]


def test_two_unrelated_quotation_marks_do_not_swallow_the_rows_between_them() -> None:
    text = 'a,b,c\n1,"oops,2\n3,4,5\n6,tile 5",7\n8,9,10\n'
    lines = list(csv_lines(text))
    assert [line.cells[0] for line in lines] == ["a", "1", "3", "6", "8"]
    assert broken_lines(text) == [2]
    wide = ",".join("abcdefgh")
    assert broken_lines(f'{wide}\n1,"oops{"," * 6}\n2,tile 5"{"," * 6}\n') == [2]


def test_an_address_of_two_lines_is_one_cell() -> None:
    text = 'a,b,c\n1,"100 Main Street, Suite 5\nAustin, TX",2\n'
    assert [line.cells for line in csv_lines(text)][1] == ["1", "100 Main Street, Suite 5\nAustin, TX", "2"]


def test_a_quotation_mark_inside_a_cell_is_no_error() -> None:
    assert [line.cells for line in csv_lines('a,b\n5" pipe,6"\n')] == [["a", "b"], ['5" pipe', '6"']]
    assert broken_lines('a,b\n5" pipe,6"\n') == []


def test_a_record_ends_somewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_reader, "LONGEST_RECORD", 50)
    text = 'a,b\n1,"' + "x\n" * 100 + '",2\n'
    assert broken_lines(text)[0] == 2
    assert len(list(csv_lines(text))) == 102


@pytest.mark.parametrize(
    "line", ['a",b,"c', '"', '"a', 'a,"', 'a,"""', '"a",b', 'a,"b" c', '""a', '"""', 'a"b,"c', '",","', "a", '"a\n\nb"']
)
def test_hostile_quotation_marks_take_linear_time(line: str) -> None:
    """The first opens and closes a cell in each line, so that every record would go on to the end of the file."""

    def read(text: str) -> None:
        for _ in csv_lines(text):
            pass

    assert not grows_too_fast(read, f"{line}\n" * 2_000 * GROWTH, f"{line}\n" * 2_000)


@pytest.mark.parametrize(
    ("text", "separator"),
    [
        ("a,b\n1,2\n", ","),
        ("a;b\n1,5;2\n1,7;3\n", ";"),
        ("Contractors, 2026\n\na\tb\tc\n1\t2\t3\n", "\t"),
        ("a|b\n1|2\n", "|"),
        ('"x;y;z",b\n1,2\n', ","),
        ("notes\nfoo; bar\nbaz\nx\n", ","),
        ("", ","),
    ],
)
def test_the_separator_of_most_lines(text: str, separator: str) -> None:
    assert separator_of(text) == separator


def test_a_separator_can_be_declared() -> None:
    assert [line.cells for line in csv_lines("sep=;\r\na;b,c\r\n")] == [["a", "b,c"]]
    assert [line.number for line in csv_lines("sep=;\na;b\n")] == [2]
