"""The audit of dependencies fails for vulnerabilities, and without an answer when one is required."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.events.processes import free_port
from tests.scripts import script

advisories = script(".ci/advisories.py")
LOCK = "".join(f"{name}==1.0 --hash=sha256:{'0' * 64}\n" for name in ("harmless-one", "holey-one"))
ADVISORY = {
    "id": "PYSEC-2026-1",
    "schema_version": "1.6.0",
    "summary": "A hole",
    "affected": [
        {
            "package": {"name": "holey-one", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.1"}]}],
        }
    ],
}
REPORT = {
    "auditReportVersion": 2,
    "vulnerabilities": {"leaflet": {"range": "<1.9.5", "severity": "high"}},
}


@contextmanager
def osv(holey: str, status: int = 200) -> Iterator[str]:
    """A service that speaks OSV's language and knows of one hole."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            known = asked["package"]["name"] == holey
            body = json.dumps({"vulns": [ADVISORY]} if known else {}).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1/query"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    (tmp_path / "lock").write_text(LOCK)
    return tmp_path / "lock"


def test_a_hole_is_found_and_fails(lock: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with osv("holey-one") as url:
        assert advisories.audit({"Python": lambda: advisories.of_python(lock, url)}, required=False) == 1
    assert "holey-one 1.0: PYSEC-2026-1, fixed in 1.1" in capsys.readouterr().out


def test_none_is_none(lock: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with osv("somebody-else") as url:
        assert advisories.audit({"Python": lambda: advisories.of_python(lock, url)}, required=True) == 0
    assert "not asked" not in capsys.readouterr().out


def test_silence_is_said_and_fails_where_an_answer_is_required(lock: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}/"
    with pytest.raises(advisories.Unreachable):
        advisories.of_python(lock, nowhere)
    parts = {"Python": lambda: advisories.of_python(lock, nowhere)}
    assert (advisories.audit(parts, required=False), advisories.audit(parts, required=True)) == (0, 1)
    assert capsys.readouterr().out.count("cannot be reached") == 2


def test_a_service_that_fails_has_not_answered(lock: Path) -> None:
    with osv("holey-one", status=500) as url, pytest.raises(advisories.Unreachable):
        advisories.of_python(lock, url)


def npm(tmp_path: Path, answer: dict[Any, Any]) -> str:
    (tmp_path / "report.json").write_text(json.dumps(answer))
    return f"cat {tmp_path}/report.json #"


def test_a_recorded_report_of_npm_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        advisories.audit({"JavaScript": lambda: advisories.of_javascript(npm(tmp_path, REPORT))}, required=False) == 1
    )
    assert "leaflet <1.9.5: high" in capsys.readouterr().out
    assert advisories.of_javascript(npm(tmp_path, REPORT | {"vulnerabilities": {}})) == []
    with pytest.raises(advisories.Unreachable):
        advisories.of_javascript(npm(tmp_path, {"message": "405 Method Not Allowed"}))
