"""`make bench-inputs`: are other requests still answered during excessive inputs?

Each input is sent eight times at once to the product in production mode, while another process asks for `health/live`.
Prints a table; fails when an answer took longer than LIMIT_SECONDS. `INPUTS="long-path pipeline"` runs only these.
"""

import http.client
import io
import json
import os
import socket
import statistics
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

import psutil
from websockets.sync.client import connect

from benchmarks.load.stage import HOME, PASSWORD, Stage, stage

AT_ONCE = 8
LIMIT_SECONDS = float(os.environ.get("LIMIT_SECONDS") or 0.5)
# The longest time of an input; endless bodies are aborted then.
PATIENCE_SECONDS = 30.0
PROBE_EVERY_SECONDS = 0.02
SETTLE_SECONDS, IDLE_PERCENT = 120.0, 20.0
CONTRACTORS, JOBS = 2_000, 300
CSRF = "c" * 32
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HEADINGS = "email,name,type,phone_number,address,city,state,zip_code,working_hours"


class Asker(NamedTuple):
    """A client with a separate account for each input, so that quotas of other inputs do not apply."""

    host: str
    port: int
    cookie: str
    token: str
    jobs: list[str]

    def ask(self, method: str, path: str, body: bytes | None = None, *, as_page: bool = False, **headers: str) -> str:
        """Send a request and return the status."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=PATIENCE_SECONDS)
        own = {"Cookie": self.cookie} if as_page else {"Authorization": f"Bearer {self.token}"} if self.token else {}
        try:
            connection.request(method, path, body, {**own, **headers})
            answer = connection.getresponse()
            answer.read()
            return str(answer.status)
        except (OSError, http.client.HTTPException) as error:
            return type(error).__name__
        finally:
            connection.close()

    def send_json(self, path: str, body: bytes) -> str:
        return self.ask("POST", path, body, as_page=False, **{"Content-Type": "application/json"})

    def send_file(self, name: str, content: bytes) -> str:
        fields = f'--x\r\nContent-Disposition: form-data; name="csrfmiddlewaretoken"\r\n\r\n{CSRF}\r\n'
        fields += '--x\r\nContent-Disposition: form-data; name="kind"\r\n\r\ncontractors\r\n'
        fields += f'--x\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
        body = fields.encode() + content + b"\r\n--x--\r\n"
        return self.ask(
            "POST",
            "/admin/imports/importrun/add/",
            body,
            as_page=True,
            **{"Content-Type": "multipart/form-data; boundary=x"},
        )

    @contextmanager
    def wire(self) -> Iterator[socket.socket]:
        with socket.create_connection((self.host, self.port), timeout=PATIENCE_SECONDS) as connection:
            yield connection

    def send_raw(self, sent: bytes) -> str:
        """Send raw bytes and return the status of the first response."""
        try:
            with self.wire() as connection:
                with suppress(ConnectionError):
                    connection.sendall(sent)
                return connection.recv(1_000)[9:12].decode() or "closed"
        except OSError as error:
            return type(error).__name__


Send = Callable[[Asker], str]
HEAD = b"Host: 127.0.0.1\r\n"


def endless_body(asker: Asker) -> str:
    """Announce 12 MB, send most of them, then stop."""
    try:
        with asker.wire() as connection:
            head = (
                b"POST /api/v1/auth/login/ HTTP/1.1\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
            )
            connection.sendall(head + HEAD + b"\r\n")
            for _ in range(11):
                connection.sendall(b"f4240\r\n" + b"x" * 1_000_000 + b"\r\n")
            return connection.recv(1_000)[9:12].decode() or "closed"
    except OSError as error:
        return type(error).__name__


def fragments(asker: Asker) -> str:
    headers = {"Cookie": asker.cookie, "Origin": f"http://{asker.host}:{asker.port}"}
    with connect(f"ws://{asker.host}:{asker.port}/ws/events/", additional_headers=headers, max_queue=None) as opened:
        with suppress(OSError):
            opened.socket.sendall(b"\x01\x80\0\0\0\0" + b"\0\x80\0\0\0\0" * 1_000_000)
        with suppress(Exception):
            while True:
                opened.recv(PATIENCE_SECONDS)
        return str(opened.close_code)


def words(count: int, length: int = 7_800) -> str:
    """A text with this many words, or as many as fit into a URL."""
    return "+".join(f"w{number}" for number in range(count))[:length]


def table(*rows: str) -> bytes:
    return "\n".join((HEADINGS, *rows)).encode()


def workbook(*, sheet: str = "<sheetData/>", strings: str = "", unread: str = "") -> bytes:
    """A small valid workbook with one invalid part."""
    package = "http://schemas.openxmlformats.org/package/2006"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    book = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{book}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{book}.worksheet+xml"/>'
        f'<Override PartName="/xl/sharedStrings.xml" ContentType="{book}.sharedStrings+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="r1" Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
        '<sheet name="A" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="r1" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="r2" Type="{office}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}">{sheet}</worksheet>',
        "xl/sharedStrings.xml": f'<sst xmlns="{main}">{strings}</sst>',
    }
    if unread:
        parts["docProps/unread.xml"] = unread
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in parts.items():
            packed.writestr(name, text)
    return buffer.getvalue()


def empty_cells() -> bytes:
    row = "<row>" + "<c/>" * 1_000 + "</row>"
    return workbook(sheet=f"<sheetData>{row * 20_000}</sheetData>")


def one_string() -> bytes:
    cell = '<sheetData><row><c t="s"><v>0</v></c></row></sheetData>'
    return workbook(sheet=cell, strings=f"<si>{'<r><t>x</t></r>' * 1_000_000}</si>")


def unread_part(asker: Asker) -> str:
    """An import file with an odd part that is not read, and personal data to search for in it."""
    asker.send_file("odd.xlsx", workbook(unread="<" * 60_000))
    return asker.ask("GET", "/admin/personal-data/?q=nobody@example.com", as_page=True)


def repeated_name(asker: Asker) -> str:
    names = ",".join(f'"n{number}":1' for number in range(16_000))
    return asker.send_json("/api/v1/auth/login/", f'{{{names},"n15999":1}}'.encode())


def unknown_names(asker: Asker) -> str:
    return asker.send_json("/api/v1/auth/login/", json.dumps(dict.fromkeys(map(str, range(80_000)), 1)).encode())


def batch(asker: Asker) -> str:
    asked = {"jobs": (asker.jobs * 100)[:100], "max_results": 50, "horizon_days": 30}
    largest = {"jobs": (asker.jobs * 100)[:100], "max_results": 10, "horizon_days": 30}
    refused = asker.send_json("/api/v1/recommendations/batch/", json.dumps(asked).encode())
    return f"{refused}, {asker.send_json('/api/v1/recommendations/batch/', json.dumps(largest).encode())}"


def long_password(asker: Asker) -> str:
    typed = f"csrfmiddlewaretoken={CSRF}&old_password={PASSWORD}&new_password1={'a' * 16_000}&new_password2=x"
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    return asker.ask("POST", "/admin/password_change/", typed.encode(), as_page=True, **form)


INPUTS: dict[str, Send] = {
    "long-path": lambda asker: asker.send_raw(b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n" + HEAD + b"\r\n"),
    "longest-path": lambda asker: asker.send_raw(b"GET /" + b"a" * 8_000 + b" HTTP/1.1\r\n" + HEAD + b"\r\n"),
    "many-headers": lambda asker: asker.send_raw(b"GET / HTTP/1.1\r\n" + HEAD + b"X: y\r\n" * 100_000 + b"\r\n"),
    "repeated-name": repeated_name,
    "unknown-names": unknown_names,
    "search-words": lambda asker: asker.ask("GET", f"/api/v1/contractors/?search={words(8_000)}"),
    "long-skill": lambda asker: asker.ask("GET", f"/api/v1/contractors/?skill={'a' * 7_800}"),
    "spaces-in-a-cell": lambda asker: asker.send_file(
        "hours.csv", table(f"a@example.com,Ann,tile,5125550143,1 Main St,Austin,TX,78701,Mon{' ' * 100_000}x")
    ),
    "unread-part": unread_part,
    "empty-cells": lambda asker: asker.send_file("empty.xlsx", empty_cells()),
    "batch": batch,
    "fragments": fragments,
    "long-password": long_password,
    "repeated-parts": lambda asker: asker.ask("GET", f"/live/?parts={','.join(['board'] * 1_000)}", None, as_page=True),
    "endless-bodies": endless_body,
    "one-string": lambda asker: asker.send_file("string.xlsx", one_string()),
    "list-words": lambda asker: asker.ask("GET", f"/admin/contractors/contractor/?q={words(800)}", as_page=True),
    "pipeline": lambda asker: asker.send_raw((b"GET /api/v1/health/live HTTP/1.1\r\n" + HEAD + b"\r\n") * 320_000),
    "exponent": lambda asker: asker.ask("GET", "/api/v1/contractors/?min_rating=0E-1000000"),
}


class Result(NamedTuple):
    worst: float
    median: float
    seconds: float
    grown_mb: float
    answers: Counter[str]


def probe(port: int, orders: Connection) -> None:
    """A separate process that requests health/live until it is stopped, and reports the durations."""
    took: list[float] = []
    orders.send("ready")
    while not orders.poll():
        began = time.perf_counter()
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
            connection.request("GET", "/api/v1/health/live", headers={"Connection": "close"})
            connection.getresponse().read()
            connection.close()
        except OSError:
            took.append(float("inf"))
        took.append(time.perf_counter() - began)
        time.sleep(PROBE_EVERY_SECONDS)
    orders.send(took)


def measured(product: Stage, send: Send, asker: Asker) -> Result:
    """Send the input eight times at once while the probe runs."""
    settle()
    ours, theirs = get_context("spawn").Pipe()
    asking = get_context("spawn").Process(target=probe, args=(product.port, theirs))
    asking.start()
    ours.recv()
    before, began = memory_mb(), time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = Counter(pool.map(send, [asker] * AT_ONCE))
    seconds = time.perf_counter() - began
    time.sleep(1.0)
    ours.send("stop")
    took = ours.recv()
    asking.join()
    return Result(max(took), statistics.median(took), seconds, memory_mb() - before, answers)


def settle() -> None:
    """Wait up to two minutes until the web has finished the previous input."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < deadline and sum(process.cpu_percent(1.0) for process in webs()) > IDLE_PERCENT:
        continue


def memory_mb() -> float:
    """The CPU seconds of all web processes."""
    return float(sum(process.memory_info().rss for process in webs())) / 2**20


def webs() -> list[psutil.Process]:
    processes = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            is_ours = process.environ().get("DATA_DIR") == str(HOME)
            if is_ours and "smartscheduler.asgi:application" in process.cmdline():
                processes.append(process)
    return processes


def askers(product: Stage, count: int) -> list[Asker]:
    """Administrator accounts. The stage has set up Django."""
    product.sign_up(1)
    from django.conf import settings
    from django.contrib.auth.hashers import make_password
    from django.db import connection

    from benchmarks.sockets import session_of
    from smartscheduler.accounts.models import User
    from smartscheduler.accounts.permissions import Role
    from smartscheduler.accounts.tokens import sign_in

    secret = make_password(PASSWORD)
    jobs = [str(row[0]) for row in product.rows("SELECT id FROM jobs_job WHERE status = 'open' LIMIT 100")]
    users = [
        User(email=f"a{number}@example.com", name=f"Asker {number}", role=Role.ADMINISTRATOR, password=secret)
        for number in range(count)
    ]
    User.objects.bulk_create(users)
    csrf = f"{settings.CSRF_COOKIE_NAME}={CSRF}"
    people = [
        Asker(
            "127.0.0.1",
            product.port,
            f"{settings.SESSION_COOKIE_NAME}={session_of(user)}; {csrf}",
            sign_in(user).access,
            jobs,
        )
        for user in users
    ]
    connection.close()
    return people


def main(names: list[str]) -> int:
    selected = names or list(INPUTS)
    if unknown := set(selected) - INPUTS.keys():
        print(f"No such input: {', '.join(sorted(unknown))}. There are {', '.join(INPUTS)}.", file=sys.stderr)
        return 2
    # One web process and default limits: an empty variable counts as not set.
    changes = {
        "WEB_WORKERS": "1",
        "SECOND_FACTOR_REQUIRED": "nobody",
        "RATE_LIMIT_VISITORS": "",
        "REQUESTS_AT_ONCE": "",
    }
    with stage(contractors=CONTRACTORS, jobs=JOBS, **changes) as running:
        print("| input, 8 at once | worst `health/live`, s | median | until all had an answer, s | web, MB | answers |")
        print("| --- | --- | --- | --- | --- | --- |")
        worst: dict[str, float] = {}
        for name, asker in zip(selected, askers(running, len(selected)), strict=True):
            result = measured(running, INPUTS[name], asker)
            answers: Any = ", ".join(f"{count} × {answer}" for answer, count in result.answers.items())
            times = f"{result.worst:.2f} | {result.median:.3f} | {result.seconds:.1f} | {result.grown_mb:+.0f}"
            print(f"| {name} | {times} | {answers} |", flush=True)
            worst[name] = result.worst
    late = [name for name, seconds in worst.items() if seconds > LIMIT_SECONDS]
    if late:
        print(f"\nLonger than {LIMIT_SECONDS:g} s: {', '.join(late)}.")
    return 1 if late else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
