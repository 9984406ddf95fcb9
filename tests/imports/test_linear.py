"""All parsers and patterns for files take linear time, with inputs of size n and 4n."""

import importlib
import inspect
import io
import pkgutil
import re
from collections.abc import Callable, Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from openpyxl import Workbook

from smartscheduler import imports
from smartscheduler.imports import cell_formats, csv_reader, file_reader, text_encodings
from smartscheduler.imports.columns import COLUMNS
from smartscheduler.imports.row_to_payload import body_of_contractor, body_of_job
from smartscheduler.privacy import pii_matcher
from smartscheduler.privacy.pii_matcher import PersonPatterns
from tests.inputs.growth import GROWTH, grows_too_fast

N = 5_000

SIGNS = ("a", " ", "1", '"', ";", ",", "-", "–", "<", ".", "(", "'", "\n", "é", ":", "=")
INPUTS: dict[str, Callable[..., str]] = {
    **{f"many {sign!r}": lambda n, sign=sign: sign * n for sign in SIGNS},
    "Mon, blanks, x": lambda n: "Mon" + " " * n + "x",
    "Mon, blanks, hours": lambda n: "Mon" + " " * n + "08:00-12:00 x",
    "days": lambda n: "Mon, " * (n // 5) + "Tue 08:00-12:00",
    "days and hours": lambda n: "Mon-Sun, " * (n // 20) + "Tue " + "08:00-12:00, " * (n // 20) + "08:00-12:00",
    "weeks": lambda n: "Mon 08:00-12:00; " * (n // 17) + "x",
    "quotes": lambda n: '"a""' * (n // 4),
    "open quotes": lambda n: ';"""' * (n // 4),
    "quotes that open and close in each line": lambda n: 'a",b,"c\n' * (n // 8),
    "quotes of inches": lambda n: 'a,5",b\n' * (n // 7),
    "blanks and quotes": lambda n: '"a" ' * (n // 4) + "x",
    "clock, blanks": lambda n: "08:00" + " " * n + "x",
    "number, blanks": lambda n: "2.5" + " " * n + "x",
    "digits, blanks": lambda n: "512" + " " * n + "555 0143",
    "area codes": lambda n: ("512" + " " * 40) * (n // 43),
    "names": lambda n: ("Ada" + " " * 40) * (n // 43),
    "marks": lambda n: "ada@" * (n // 4),
    "tags": lambda n: "<a " * (n // 3),
}


def modules() -> Iterator[Any]:
    for module in pkgutil.iter_modules(imports.__path__):
        if module.name not in {"migrations", "turns"}:
            yield importlib.import_module(f"{imports.__name__}.{module.name}")
    yield pii_matcher


def patterns() -> dict[str, Callable[..., object]]:
    """Collected: every pattern of the modules of files."""
    methods: dict[str, Callable[..., object]] = {}
    for module in modules():
        for name, value in vars(module).items():
            of_values = value.values() if isinstance(value, dict) else [value]
            for number, pattern in enumerate(value for value in of_values if isinstance(value, re.Pattern)):
                if isinstance(pattern.pattern, str):
                    key = f"{module.__name__}.{name}.{number}"
                    methods |= {f"{key}.{how}": getattr(pattern, how) for how in ("search", "fullmatch", "match")}
    return methods


def parsers() -> dict[str, Callable[..., object]]:
    """Collected as well: every reader of cells, and each column of each kind."""
    functions = patterns()
    for name, function in inspect.getmembers(cell_formats, inspect.isfunction):
        if name.startswith("read_"):
            more = [ZoneInfo("America/Chicago")] * (len(inspect.signature(function).parameters) - 1)
            functions[f"cells.{name}"] = lambda text, function=function, more=more: function(text, *more)
    bodies: dict[str, Any] = {"contractors": body_of_contractor, "jobs": body_of_job}
    for kind, columns in COLUMNS.items():
        for column in columns.names:
            functions[f"{kind}.{column}"] = lambda text, kind=kind, column=column: bodies[kind](
                {column: text}, None, None
            )
    person = PersonPatterns.of(
        names=["Ada Maria Tiles"], phones=["(512) 555-0143"], emails=["ada@example.com"], instead="x"
    )
    return functions | {
        "heading": file_reader.heading,
        "people": person.redact,
        "encoding": lambda text: text_encodings.encoding_of(text.encode("cp1252", "replace")),
        "plausibility": text_encodings.plausibility,
        "UTF-8 with strays": lambda text: text_encodings.decoded_as(text.encode("cp1252", "replace"), "utf-8"),
        "another encoding": lambda text: text_encodings.reread(
            file_reader.read_file("x.csv", f"a,b\n{text}x".encode("cp1252", "replace"), encoding="cp1252"), "mac-roman"
        ),
        "separator": csv_reader.separator_of,
        "csv of one cell": lambda text: file_reader.read_table("x.csv", f"a,b\n{text}".encode()),
        "csv of its first line": lambda text: file_reader.read_table("x.csv", text.encode()),
        "csv of many lines": lambda text: file_reader.read_table(
            "x.csv", ("a,b\n" + f"{text[:4]}\n" * len(text)).encode()
        ),
    }


PARSERS = parsers()


@pytest.mark.parametrize("name", PARSERS)
def test_a_parser_is_linear(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Its own limits would hide what comes behind them.
    monkeypatch.setattr(file_reader, "MOST_CHARACTERS_OF_A_CELL", 10**9)
    monkeypatch.setattr(file_reader, "MOST_ROWS", 10**9)
    monkeypatch.setattr(csv_reader, "LONGEST_RECORD", 10**9)
    monkeypatch.setattr(text_encodings, "SAMPLE_LETTERS", 10**9)
    for shape, make in INPUTS.items():
        assert not grows_too_fast(PARSERS[name], make(GROWTH * N), make(N)), shape


def test_a_quadratic_pattern_would_be_noticed() -> None:
    pattern = re.compile(r"([a-z][a-z\s,–-]*?)\s+(\d.+)", re.IGNORECASE)
    text = INPUTS["Mon, blanks, x"]
    # A quarter of the others' size shows it already: at theirs it takes sixteen times as long.
    assert grows_too_fast(pattern.fullmatch, text(N), text(N // GROWTH))


@pytest.mark.parametrize("shape", ["rows", "columns of empty cells", "characters"])
def test_a_workbook_is_read_in_linear_time(shape: str) -> None:
    def book(n: int) -> bytes:
        buffer, workbook = io.BytesIO(), Workbook(write_only=True)
        sheet = workbook.create_sheet()
        sheet.append(["a", "b"])
        if shape == "rows":
            for number in range(n):
                sheet.append([f"x{number}", "y"])
        elif shape == "characters":
            sheet.append(["x" * n])
        else:
            for _ in range(n // 50):
                sheet.append([None] * 55)
            sheet.append(["x"])
        workbook.save(buffer)
        return buffer.getvalue()

    assert not grows_too_fast(lambda content: file_reader.read_table("x.xlsx", content), book(2_400), book(600))
