"""Results of a check or an import: the most frequent errors, and the file with the result of each row."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from django.db import connection
from django.utils.translation import gettext

from smartscheduler.imports.columns import results_beside, results_in
from smartscheduler.imports.file_reader import Row
from smartscheduler.imports.importers import IMPORTERS
from smartscheduler.imports.models import ImportedRow, ImportRun
from smartscheduler.imports.synonyms import normal
from smartscheduler.imports.tables import LONGEST_TITLE, left_out, table_of, titles_by_column, uploaded_table

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
    create them again. Cells and headings are those of the user, also of the columns that were left out.
    """

    def __init__(self, run: ImportRun, *, refused_only: bool = False) -> None:
        self._table, targets = uploaded_table(run), table_of(run).headings
        self._refused_only = refused_only
        self._became = {row.number: row for row in run.rows.iterator()}
        # A corrected file still has the result columns of the previous import.
        names = list(map(normal, self._table.titles))
        results = results_in(names)
        kept = [n for n, name in enumerate(names) if name not in results]
        self._names = [self._table.headings[n] for n in kept]
        key = IMPORTERS[run.kind].columns.key
        self._key = self._table.headings[targets.index(key)] if key in targets else ""
        added = [] if self._key else [key]
        self.headings = [*added, *(self._table.titles[n] for n in kept), *results_beside([names[n] for n in kept])]
        self._left_out = [(self._table.headings[n], self._table.titles[n]) for n in kept if not targets[n]]
        self._written, self._titles_by_column = not run.is_dry, titles_by_column(run)

    def __iter__(self) -> Iterator[list[str]]:
        for line, row in zip(self._table.lines, self._table.rows, strict=True):
            became = self._became.get(line)
            refused = became is not None and became.outcome == ImportedRow.Outcome.REFUSED
            if refused or not self._refused_only:
                yield [*self._cells(row, became), *self._result(became, row)]

    def _cells(self, row: Row, became: ImportedRow | None) -> Iterable[str]:
        made = became.key if self._written and became else ""
        if not self._key:
            yield made
        for name in self._names:
            yield row[name] or (made if name == self._key else "")

    def _result(self, became: ImportedRow | None, row: Row) -> tuple[str, str, str]:
        if became is None:
            return gettext("Not processed"), "", ""
        remarks = " ".join(filter(None, [became.remarks, self._left_out_of(row)]))
        return became.get_outcome_display(), " · ".join(became.complaints_under(self._titles_by_column)), remarks

    def _left_out_of(self, row: Row) -> str:
        """The columns that were left out and have a cell in this row, as a sentence."""
        titles = [title for name, title in self._left_out if row[name]]
        return left_out_text(titles) if titles else ""


def left_out_of(run: ImportRun) -> list[str]:
    """The headings of the columns that the match of a file leaves out, apart from those that a result file adds."""
    return left_out(uploaded_table(run), run.mapping) if "" in run.mapping else []


def left_out_text(titles: Sequence[str]) -> str:
    """The sentence that names the columns that were left out."""
    return gettext("Left out: {columns}.").format(columns=", ".join(title[:LONGEST_TITLE] for title in titles))
