"""Large request bodies are rejected before they are read; forms and workbooks have their own limits."""

import io
import json
import zipfile
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.urls import reverse
from pytest_django import Settings

from smartscheduler.accounts.models import User
from smartscheduler.accounts.websocket_auth import account_of_session
from smartscheduler.core.http import body_limit
from smartscheduler.core.http.body_limit import MOST_BYTES, UPLOADS, USUAL_BYTES, Limits
from smartscheduler.errors import InvalidInput
from smartscheduler.imports.file_reader import MOST_BYTES as MOST_OF_A_FILE
from smartscheduler.imports.file_reader import read_table
from smartscheduler.imports.models import ImportRun
from smartscheduler.imports.workbooks import MOST_PARTS
from tests.events.wire import session_cookie
from tests.factories import UserFactory
from tests.pages import signed_in

API, UPLOAD = "/api/v1/health/live", "/admin/imports/importrun/add/"


def scope(path: str = API, **headers: Any) -> dict[Any, Any]:
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


async def taken(scope: Any, receive: Any, send: Any) -> None:
    """Reads all there is, like Django, and says how much."""
    total, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        total, more = total + len(message.get("body", b"")), message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(total).encode()})


def limited(inner: Callable[..., Coroutine[Any, Any, Any]] = taken, account: str | None = "an account") -> Limits:
    async def account_of(scope: Any) -> str | None:
        return account

    return Limits(inner, account_of)


async def answer(pieces: list[Any], application: Limits | None = None, *, path: str = API, **headers: Any) -> Any:
    talk = ApplicationCommunicator(application or limited(), scope(path, **headers))
    for number, piece in enumerate(pieces, start=1):
        await talk.send_input({"type": "http.request", "body": piece, "more_body": number < len(pieces)})
    status = (await talk.receive_output(60))["status"]
    await talk.wait(60)
    return status


async def never(scope: Any, receive: Any, send: Any) -> NoReturn:
    raise AssertionError("read")


@pytest.mark.parametrize(("path", "most"), [(API, USUAL_BYTES), ("/admin/login/", USUAL_BYTES), (UPLOAD, MOST_BYTES)])
async def test_what_is_said_to_be_too_large_is_not_read(path: str, most: int) -> None:
    assert await answer([b"x"], limited(never), path=path, content_length=most + 1) == 413
    assert await answer([b"x"], path=path, content_length=most) == 200


@pytest.mark.parametrize(("path", "most"), [(API, USUAL_BYTES), ("/admin/login/", USUAL_BYTES), (UPLOAD, MOST_BYTES)])
async def test_what_does_not_say_how_large_it_is_is_cut_off(path: str, most: int) -> None:
    piece = b"x" * (most // 10)
    assert await answer([piece] * 10, path=path, transfer_encoding="chunked") == 200
    assert await answer([piece] * 11, path=path, transfer_encoding="chunked") == 413


async def test_a_page_of_another_origin_reads_the_refusal(settings: Settings) -> None:
    settings.CORS_ALLOWED_ORIGINS = ["https://board.example.com"]
    for origin, allowed in {"https://board.example.com": True, "https://evil.example": False}.items():
        asked = scope(content_length=USUAL_BYTES + 1, origin=origin)
        talk = ApplicationCommunicator(limited(never), asked)
        headers = dict((await talk.receive_output(60))["headers"])
        await talk.wait(60)
        assert (headers.get(b"access-control-allow-origin") == origin.encode()) is allowed
        assert (b"access-control-expose-headers" in headers) is allowed


@pytest.mark.parametrize("headers", [{"content_length": MOST_BYTES}, {"transfer_encoding": "chunked"}])
async def test_a_file_is_read_for_an_account_alone(headers: dict[str, Any]) -> None:
    assert await answer([b"x"], limited(never, account=None), path=UPLOAD, **headers) == 403
    assert await answer([b"x"], limited(account=None), path=UPLOAD, content_length=5) == 200


async def begun(
    application: Limits, *, sent: bytes = b"", path: str = API, client: str = "198.51.100.1", **headers: int
) -> ApplicationCommunicator:
    """A request whose body goes on."""
    asked = scope(path, **headers) | {"client": (client, 1)}
    talk = ApplicationCommunicator(application, asked)
    await talk.send_input({"type": "http.request", "body": sent, "more_body": True})
    return talk


async def ended(talk: ApplicationCommunicator) -> Any:
    await talk.send_input({"type": "http.request", "body": b"", "more_body": False})
    status = (await talk.receive_output(60))["status"]
    await talk.wait(60)
    return status


async def test_an_account_sends_two_files_at_once_and_all_together_four() -> None:
    application = limited()
    two = [await begun(application, path=UPLOAD, content_length=MOST_BYTES) for _ in range(2)]
    assert await ended(await begun(application, path=UPLOAD, content_length=MOST_BYTES)) == 429
    assert await ended(await begun(application, path=UPLOAD, content_length=100)) == 200
    assert [await ended(talk) for talk in two] == [200, 200]
    assert await ended(await begun(application, path=UPLOAD, content_length=MOST_BYTES)) == 200


async def test_all_together_send_four_files_at_once() -> None:
    accounts = iter("aabbc")

    async def account_of(scope: Any) -> str:
        return next(accounts)

    application = Limits(taken, account_of)
    four = [await begun(application, path=UPLOAD, content_length=MOST_BYTES) for _ in range(4)]
    assert await ended(await begun(application, path=UPLOAD, content_length=MOST_BYTES)) == 429
    assert {await ended(talk) for talk in four} == {200}


async def test_all_bodies_together_and_those_of_one_address_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body_limit, "BYTES_OF_AN_ADDRESS", 1_000)
    monkeypatch.setattr(body_limit, "BYTES_AT_ONCE", 2_500)
    application = limited()
    held = [await begun(application, sent=b"x" * 900, client=f"198.51.100.{n}") for n in (1, 2)]
    assert await ended(await begun(application, sent=b"x" * 200, client="198.51.100.1")) == 429
    assert await ended(await begun(application, sent=b"x" * 200, client="198.51.100.3")) == 200
    assert await ended(await begun(application, sent=b"x" * 900, client="198.51.100.3")) == 429
    assert await ended(await begun(application, sent=b"", client="198.51.100.1")) == 200
    assert {await ended(talk) for talk in held} == {200}
    assert await ended(await begun(application, sent=b"x" * 900, client="198.51.100.3")) == 200


@pytest.mark.parametrize("sent", [b"", b"x" * 100])
async def test_a_body_that_does_not_come_is_not_waited_for(monkeypatch: pytest.MonkeyPatch, sent: bytes) -> None:
    monkeypatch.setattr(body_limit, "BODY_SECONDS", 0.1)
    talk = await begun(limited(), sent=sent)
    start, body = await talk.receive_output(20), await talk.receive_output(60)
    assert start["status"] == 408
    assert (b"connection", b"close") in start["headers"]
    assert json.loads(body["body"])["type"].removeprefix("/problems/") == "request-timeout"


async def test_one_that_keeps_the_slowest_rate_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body_limit, "BODY_SECONDS", 0.0)
    monkeypatch.setattr(body_limit, "SLOWEST_BYTES_A_SECOND", 100)
    body = body_limit._Body(limited(), scope(), None)
    body.bytes, body._began = 6_000, body._began - 30
    body._receive = iter([done({"type": "http.request", "body": b"x", "more_body": True})]).__next__
    assert (await body.receive())["body"] == b"x"


async def done(message: dict[Any, Any]) -> Any:
    return message


async def test_an_answer_may_take_longer_than_a_body(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body_limit, "BODY_SECONDS", 0.05)

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        assert (await receive())["type"] == "http.disconnect"
        await send({"type": "http.response.start", "status": 200, "headers": []})

    talk = ApplicationCommunicator(limited(slow), scope())
    await talk.send_input({"type": "http.request", "body": b"", "more_body": False})
    assert await talk.receive_nothing(0.3)
    await talk.send_input({"type": "http.disconnect"})
    assert (await talk.receive_output(60))["status"] == 200


@pytest.mark.django_db(transaction=True)
async def test_whose_session_it_is() -> None:
    def signed_in_user() -> tuple[User, str]:
        user = UserFactory()
        return user, session_cookie(user)

    user, cookie = await sync_to_async(signed_in_user)()
    assert await account_of_session(scope(cookie=cookie)) == str(user.pk)
    assert await account_of_session(scope(cookie="sessionid=made-up")) is None
    assert await account_of_session(scope()) is None
    await sync_to_async(connections.close_all)()  # those of the thread that has looked


def test_the_page_for_files_is_where_uploads_go() -> None:
    assert {reverse("admin:imports_importrun_add")} == UPLOADS


def test_a_file_fits_and_not_much_more() -> None:
    assert MOST_OF_A_FILE < MOST_BYTES < 2 * MOST_OF_A_FILE


@pytest.mark.django_db
class TestForms:
    def test_a_form_of_a_thousand_fields_and_one_is_refused(self, settings: Settings) -> None:
        sent = {f"field{n}": "x" for n in range(settings.DATA_UPLOAD_MAX_NUMBER_FIELDS + 1)}
        assert signed_in().post("/admin/imports/importrun/add/", sent).status_code == 400

    def test_a_hundred_files_and_one_are_refused(self, settings: Settings) -> None:
        files = {f"f{n}": SimpleUploadedFile("x.csv", b"x") for n in range(settings.DATA_UPLOAD_MAX_NUMBER_FILES + 1)}
        assert signed_in().post("/admin/imports/importrun/add/", files).status_code == 400
        assert not ImportRun.objects.exists()

    @pytest.mark.parametrize(
        "content", [b"MZ\x90\x00\x03\x00\n", b"%PDF-1.7\n\x00\n", b"PK\x03\x04\x14", b"\x89PNG\r\n\x1a\n\x00"]
    )
    def test_only_tables_are_taken(self, content: bytes) -> None:
        file = SimpleUploadedFile("x.csv", content)
        answer = signed_in().post("/admin/imports/importrun/add/", {"kind": "contractors", "file": file})
        assert answer.status_code == 200
        assert answer.context["form"].errors["file"]
        assert not ImportRun.objects.exists()

    def test_a_path_in_a_name_is_only_a_name(self) -> None:
        file = SimpleUploadedFile("x.csv", b"email\na@example.com\n")
        file._name = "../../etc/x.csv"  # type: ignore[attr-defined]  # past the setter, which takes the folder away
        signed_in().post("/admin/imports/importrun/add/", {"kind": "contractors", "file": file})
        assert ImportRun.objects.get().name == "x.csv"


def test_a_workbook_of_too_many_parts_is_refused() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        for number in range(MOST_PARTS + 1):
            packed.writestr(f"xl/{number}.xml", "")
    with pytest.raises(InvalidInput, match="1,001 parts; the limit is 1,000"):
        read_table("x.xlsx", buffer.getvalue())
