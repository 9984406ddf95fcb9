"""Encodings of files: told from the bytes, and switched afterward."""

import codecs

import pytest

from smartscheduler.errors import InvalidInput
from smartscheduler.imports.file_reader import likely_table, read_file, read_table
from smartscheduler.imports.text_encodings import CODES, encoding_of, reread

NAMES = "Name,Note\nJosé “Pepe” Núñez,O’Neil doesn’t\nÉmile Åström,GARCÍA – Müller\n"
WORDS = ["O’Neil", "José", "Müller", "Ñandú", "“Pepe”", "Straße", "café", "Ångström", "don’t", "GARCÍA", "Zoë", "naïve"]


@pytest.mark.parametrize("encoding", CODES)
@pytest.mark.parametrize("text", [NAMES, *(f"a,b\n{word},1\n" for word in WORDS)])
def test_an_encoding_is_told_from_the_bytes(text: str, encoding: str) -> None:
    assert encoding_of(text.encode(encoding)) == encoding


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [(codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")],
)
def test_a_mark_names_the_encoding_and_is_no_text(mark: bytes, encoding: str) -> None:
    reading = read_file("x.csv", mark + NAMES.encode(encoding))
    assert (reading.encoding, likely_table(reading).headings) == (encoding, ["name", "note"])


def test_stray_bytes_in_utf_8_are_windows_1252() -> None:
    content = ("Name,Note\n" + "José,Núñez\n" * 10).encode() + "Émile,x\n".encode("cp1252")
    reading = read_file("x.csv", content)
    assert (reading.encoding, likely_table(reading).rows[-1]) == ("utf-8", {"name": "Émile", "note": "x"})


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "mac-roman"])
@pytest.mark.parametrize("wrong", ["cp1252", "mac-roman"])
def test_a_file_read_in_the_wrong_encoding_is_read_again_from_its_text(encoding: str, wrong: str) -> None:
    content = NAMES.replace("–", "\xa0Êà").encode(encoding)  # \xca and \xa0 are blanks in one of them
    right = read_file("x.csv", content, encoding=encoding)
    wrongly = read_file("x.csv", content, encoding=wrong)
    assert reread(wrongly, encoding) == right
    assert likely_table(reread(wrongly, encoding)).rows == read_table("x.csv", content).rows


def test_an_encoding_that_cannot_be_is_refused() -> None:
    for content, encoding in (
        (NAMES.encode("cp1252"), "utf-8"),
        (NAMES.encode("utf-16"), "cp1252"),
        (b"a,b\n1,2\n", "x"),
    ):
        with pytest.raises(InvalidInput, match="not encoded in") as refusal:
            reread(read_file("x.csv", content), encoding)
        assert list(refusal.value.errors) == ["encoding"]


@pytest.mark.parametrize("content", [b"\x00" * 50, b"\x89PNG\x00\x00\x01\x00" * 9, b"a,b\n" * 99 + b"\x00"])
def test_what_is_no_text_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidInput, match="neither a CSV file nor an XLSX workbook"):
        read_file("x.csv", content)
