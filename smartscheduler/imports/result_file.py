"""Results of a check or an import: the most frequent errors, and the file with the result of each row."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from django.db import connection
from django.utils.translation import gettext

from smartscheduler.imports.columns import RESULTS
from smartscheduler.imports.file_reader import Row
from smartscheduler.imports.importers import IMPORTERS
from smartscheduler.imports.models import ImportedRow, ImportRun
from smartscheduler.imports.runner import table_of

MOST_GROUPS = 30
# Messages that differ only in quoted text and numbers are grouped.
GROUPED = r"""
SELECT wrong.key, min(message), count(DISTINCT outcome.id)
FROM imports_importedrow outcome
CROSS JOIN LATERAL jsonb_each(outcome.errors) wrong
CROSS JOIN LATERAL jsonb_array_elements_text(wrong.value) message
WHERE outcome.run_id = %(run)s AND outcome.outcome = 'refused'
GROUP BY wrong.key, regexp_replace(message, '[“"][^”"]*[”"]|\d+', '…', 'g')
ORDER BY 3 DESC, 1, 2 LIMIT %(most)s
"""


class Complaint(NamedTuple):
    """A group of equal errors: column (empty: the whole row), an example message, and the number of rows."""

    column: str
    message: str
    rows: int


def complaints(run: ImportRun) -> list[Complaint]:
    """The errors of a run, most frequent first."""
    with connection.cursor() as cursor:
        cursor.execute(GROUPED, {"run": run.pk, "most": MOST_GROUPS})
        return [Complaint(*group) for group in cursor.fetchall()]


class Results:
    """Rows of the uploaded file with three more columns: result, errors, remarks.

    Users correct this file and import it again. It has the numbers of created jobs, so that a second import does not
    create them again.
    """

    def __init__(self, run: ImportRun, *, refused_only: bool = False) -> None:
        self._table = table_of(run.pk)
        self._refused_only = refused_only
        self._key = IMPORTERS[run.kind].columns.key
        self._became = {row.number: row for row in run.rows.iterator()}
        added = [] if self._key in self._table.headings else [self._key]
        # A corrected file still has the result columns of the previous import.
        self._kept = [n for n, name in enumerate(self._table.headings) if name not in RESULTS]
        self._names = [*added, *(self._table.headings[n] for n in self._kept)]
        self.headings = [*added, *(self._table.titles[n] for n in self._kept), *RESULTS]
        self._written = not run.is_dry

    def __iter__(self) -> Iterator[list[str]]:
        for line, row in zip(self._table.lines, self._table.rows, strict=True):
            became = self._became.get(line)
            refused = became is not None and became.outcome == ImportedRow.Outcome.REFUSED
            if refused or not self._refused_only:
                yield [*self._cells(row, became), *_result(became)]

    def _cells(self, row: Row, became: ImportedRow | None) -> Iterable[str]:
        for name in self._names:
            cell = row.get(name, "")
            made = self._written and name == self._key and not cell
            yield became.key if made and became else cell


def _result(became: ImportedRow | None) -> tuple[str, str, str]:
    if became is None:
        return gettext("Not processed"), "", ""
    return became.get_outcome_display(), " · ".join(became.complaints), became.remarks
