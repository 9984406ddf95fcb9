"""The text of an imported file, to look for somebody in: quick, and without minding what stands in which column."""

import html
import io
import re
import zipfile

from smartscheduler.exchange.models import ImportRun
from smartscheduler.exchange.tables import PACKED, UTF_16

TAG = re.compile(r"<[^<>]*+>")


def text_of_file(run: ImportRun) -> str:
    """Its name, every cell, and what was noted about its rows."""
    content = bytes(run.content)
    cells = _workbook(content) if content.startswith(PACKED) else _text(content)
    rows = run.rows.values_list("label", "key", "remarks", "errors")
    notes = (f"{label}\n{key}\n{remarks}\n{errors}" for label, key, remarks, errors in rows.iterator())
    return "\n".join([run.name, cells, *notes])


def _text(content: bytes) -> str:
    return content.decode("utf-16" if content.startswith(UTF_16) else "utf-8-sig", errors="replace")


def _workbook(content: bytes) -> str:
    """What stands between the tags of its parts."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        parts = [packed.read(name) for name in packed.namelist() if name.endswith(".xml")]
    return "\n".join(html.unescape(TAG.sub("\n", part.decode("utf-8", errors="replace"))) for part in parts)
