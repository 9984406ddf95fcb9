"""A body that is too large is refused before it is read; forms and workbooks have limits of their own."""

import io
import zipfile

import pytest
from asgiref.testing import ApplicationCommunicator
from django.core.files.uploadedfile import SimpleUploadedFile

from smartscheduler.bodies import MOST_BYTES, within_limits
from smartscheduler.errors import InvalidInput
from smartscheduler.exchange.models import ImportRun
from smartscheduler.exchange.tables import MOST_BYTES as MOST_OF_A_FILE
from smartscheduler.exchange.tables import read_table
from smartscheduler.exchange.workbooks import MOST_PARTS
from tests.pages import signed_in


def scope(path="/api/v1/health/live", **headers):
    sent = [
        (name.replace("_", "-").encode(), str(value).encode())
        for name, value in {"host": "localhost", **headers}.items()
    ]
    return {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": sent,
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8000),
    }


async def taken(scope, receive, send):
    """Reads all there is, like Django, and says how much."""
    total, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        total, more = total + len(message.get("body", b"")), message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(total).encode()})


async def answer(pieces, inner=taken, **headers):
    talk = ApplicationCommunicator(within_limits(inner), scope(**headers))
    for number, piece in enumerate(pieces, start=1):
        await talk.send_input({"type": "http.request", "body": piece, "more_body": number < len(pieces)})
    return (await talk.receive_output(5))["status"]


async def test_what_is_said_to_be_too_large_is_not_read():
    async def never(scope, receive, send):
        raise AssertionError("read")

    assert await answer([b"x"], never, content_length=MOST_BYTES + 1) == 413
    assert await answer([b"x"], content_length=MOST_BYTES) == 200


async def test_what_does_not_say_how_large_it_is_is_cut_off():
    piece = b"x" * 1_000_000
    assert await answer([piece] * 12, transfer_encoding="chunked") == 200
    assert await answer([piece] * 13, transfer_encoding="chunked") == 413


def test_a_file_fits_and_not_much_more():
    assert MOST_OF_A_FILE < MOST_BYTES < 2 * MOST_OF_A_FILE


@pytest.mark.django_db
class TestForms:
    def test_a_form_of_a_thousand_fields_and_one_is_refused(self, settings):
        sent = {f"field{n}": "x" for n in range(settings.DATA_UPLOAD_MAX_NUMBER_FIELDS + 1)}
        assert signed_in().post("/admin/exchange/importrun/add/", sent).status_code == 400

    def test_a_hundred_files_and_one_are_refused(self, settings):
        files = {f"f{n}": SimpleUploadedFile("x.csv", b"x") for n in range(settings.DATA_UPLOAD_MAX_NUMBER_FILES + 1)}
        assert signed_in().post("/admin/exchange/importrun/add/", files).status_code == 400
        assert not ImportRun.objects.exists()

    @pytest.mark.parametrize("name", ["x.exe", "x.html", "x.svg", "../../x.csv.php", "x"])
    def test_only_tables_are_taken(self, name):
        file = SimpleUploadedFile(name, b"email\na@example.com\n")
        assert (
            signed_in().post("/admin/exchange/importrun/add/", {"kind": "contractors", "file": file}).status_code == 200
        )
        assert not ImportRun.objects.exists()

    def test_a_path_in_a_name_is_only_a_name(self):
        file = SimpleUploadedFile("x.csv", b"email\na@example.com\n")
        file._name = "../../etc/x.csv"
        signed_in().post("/admin/exchange/importrun/add/", {"kind": "contractors", "file": file})
        assert ImportRun.objects.get().name == "x.csv"


def test_a_workbook_of_too_many_parts_is_refused():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        for number in range(MOST_PARTS + 1):
            packed.writestr(f"xl/{number}.xml", "")
    with pytest.raises(InvalidInput, match="1,001 parts; at most 1,000"):
        read_table("x.xlsx", buffer.getvalue())
