"""Services of imported files: upload, import, stop, resume, check again."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from smartscheduler.accounts.models import User
from smartscheduler.audit.models import Act
from smartscheduler.audit.services import record
from smartscheduler.core.text import visible
from smartscheduler.errors import InvalidInput
from smartscheduler.imports import isolated_reader
from smartscheduler.imports.file_reader import MOST_BYTES, Table, heading_line_of, likely_layout, table_of
from smartscheduler.imports.mapping import repeated
from smartscheduler.imports.models import ImportRun
from smartscheduler.imports.needs import missing
from smartscheduler.imports.presets import source_of
from smartscheduler.imports.readings import Sheet, packed_reading, unpacked_reading
from smartscheduler.imports.saved_mappings import matched, note_use, remember
from smartscheduler.imports.tables import LONGEST_TITLE, told_date_order, uploaded_table
from smartscheduler.imports.targets import label_of, targets_of
from smartscheduler.imports.text_encodings import reread

State = ImportRun.State
BY_HAND = "hand"
STALE = _("The match of this file has changed since you opened the page. Check your choices and send them again.")
GOES_ON_AS = {State.UNCHECKED: State.CHECKING, State.STOPPED: State.IMPORTING}


def begin(
    *, kind: str, name: str, content: bytes, actor: User | None, options: Mapping[str, Any] | None = None
) -> ImportRun:
    """Store a file and match its columns. A match that no user need look at starts the check.

    Raises InvalidInput (field `file`) if the file cannot be read, Busy.
    """
    if len(content) > MOST_BYTES:
        raise InvalidInput.of("file", gettext("The file is larger than 10 MB. Split it."))
    reading = isolated_reader.read_apart(name, content)
    sheet, heading_line = likely_layout(reading)
    with isolated_reader.translated_refusals():
        table = table_of(reading.sheets[sheet], heading_line)
    run = ImportRun(
        kind=kind,
        name=visible(name)[-200:],
        table=packed_reading(reading),
        encoding=reading.encoding,
        sheet=sheet,
        heading_line=heading_line,
        total=len(table.rows),
        created_by=actor,
        options={**(options or {}), **({"date_system": 1904} if reading.date_system == 1904 else {})},
    )
    _match(run, table, run.options)
    run.save()
    return run


def _match(run: ImportRun, table: Table, choices: Mapping[str, Any]) -> None:
    """Match the columns of a file: as a user has saved it for these headings, else by name and content.

    `choices`: those of the upload. They are kept apart from the options that a match adds, for the next match.
    """
    choices = {name: value for name, value in choices.items() if value}
    mapping = matched(run.kind, table)
    note_use(mapping)
    run.mapping, run.matched_by = mapping.stored, mapping.matched_by
    run.options = mapping.options | choices | {"upload": choices}
    run.options.setdefault("date_order", told_date_order(table, run.mapping))
    if mapping.preset and "source" not in {*run.mapping, *run.options}:
        run.options = {**run.options, "source": source_of(mapping.preset)}
    lacks = missing(run.kind, run.mapping, run.options.get("defaults", {}))
    # Files of our own headings can have the columns to change and no others; other files are of new records.
    is_whole = not (lacks.columns if mapping.preset else lacks.is_final)
    run.state = State.CHECKING if mapping.confident and is_whole else State.MATCHING


@transaction.atomic
def match_columns(
    *,
    run_id: UUID,
    targets: Sequence[str],
    seen: str,
    actor: User | None,
    options: Mapping[str, Any] | None = None,
    remember_it: bool = False,
) -> ImportRun:
    """Give each column of a file its target ("": left out), and start the check.

    `options` replace those of the same name; without a `date_order`, it is told from the dates. `seen` is the
    `match_version` that the user has seen. Raises InvalidInput with the fields `column_0`, … for targets that are
    unknown, repeated or missing.
    """
    run = _locked_to_match(run_id, seen)
    table = uploaded_table(run)
    chosen = {**run.options, **(options or {})}
    _check_targets(run.kind, table.titles, targets, chosen.get("defaults", {}))
    if list(targets) != run.mapping:
        run.mapping, run.matched_by = list(targets), BY_HAND
    run.options = chosen
    if not (options or {}).get("date_order"):
        run.options["date_order"] = told_date_order(table, run.mapping)
    run.rows.all().delete()
    run.begin(State.CHECKING)
    run.save()
    if remember_it:
        name = run.name.rpartition(".")[0] or run.name
        remember(kind=run.kind, titles=table.titles, mapping=run.mapping, actor=actor, options=run.options, name=name)
    return run


@transaction.atomic
def read_again(*, run_id: UUID, seen: str, sheet: int, heading_line: int, encoding: str) -> ImportRun:
    """Read a stored file in another encoding, or from another sheet or line of headings, and match its columns anew.

    Another sheet is read from its likely line of headings. Raises InvalidInput with the fields `sheet`,
    `heading_line` and `encoding`.
    """
    run = _locked_to_match(run_id, seen)
    reading = unpacked_reading(run.table)
    if encoding != run.encoding:
        reading = reread(reading, encoding)
        run.table, run.encoding = packed_reading(reading), encoding
    if not 0 <= sheet < len(reading.sheets):
        raise InvalidInput.of("sheet", gettext("Select a sheet from the list."))
    if sheet != run.sheet:
        run.sheet, heading_line = sheet, heading_line_of(reading.sheets[sheet])
    run.heading_line = heading_line
    table = _table_below(reading.sheets[sheet], heading_line)
    run.total = len(table.rows)
    kept = {name: value for name, value in run.options.items() if name != "date_order"}  # told from other cells
    _match(run, table, run.options.get("upload", kept))
    run.rows.all().delete()
    run.begin(State.MATCHING)
    run.save()
    return run


def _table_below(sheet: Sheet, heading_line: int) -> Table:
    try:
        with isolated_reader.translated_refusals():
            return table_of(sheet, heading_line)
    except InvalidInput as refusal:
        raise InvalidInput.of("heading_line", refusal.detail) from refusal


def _check_targets(kind: str, titles: Sequence[str], targets: Sequence[str], defaults: Mapping[str, str]) -> None:
    """Raise InvalidInput unless each column has a known target of its own, and the file has what its kind needs."""
    if len(targets) != len(titles):
        raise InvalidInput(gettext("The file has {count} columns.").format(count=len(titles)))
    errors: dict[str, list[str]] = {}
    known, twice = {"", *targets_of(kind).names}, repeated(targets)
    for at, target in enumerate(targets):
        if target not in known:
            errors[f"column_{at}"] = [gettext("Select a target from the list.")]
        elif target in twice:
            others = [titles[n] for n, other in enumerate(targets) if other == target and n != at]
            text = gettext("“{target}” is also chosen for {columns}. Leave one of them out, or choose another target.")
            columns = ", ".join(title[:LONGEST_TITLE] for title in others)
            errors[f"column_{at}"] = [text.format(target=label_of(target), columns=columns)]
    lacking = missing(kind, targets, defaults)
    if lacking.is_final and not errors:
        errors["missing"] = [
            gettext("Choose a column for: {targets}.").format(
                targets=", ".join(str(label_of(name)) for name in lacking.columns)
            )
        ]
    if errors:
        raise InvalidInput(next(iter(errors.values()))[0], errors=errors)


@transaction.atomic
def import_checked(*, run_id: UUID, seen: str = "") -> ImportRun:
    """Start the import of a checked file. Raises InvalidInput if it is not checked or has no valid row.

    `seen`: the `match_version` whose check the user has seen. Raises InvalidInput if the match has changed since.
    """
    run = _locked(run_id)
    if seen and seen != run.match_version:
        raise InvalidInput(str(STALE))
    if run.state != State.CHECKED:
        raise InvalidInput(gettext("Only a checked file can be imported, and only once."))
    if run.refused == run.total:
        raise InvalidInput(gettext("No row of the file can be imported."))
    run.rows.all().delete()
    rows = run.total - run.refused
    run.begin(State.IMPORTING)
    run.save()
    record(Act.IMPORT_STARTED, what=run.kind, rows=rows, run=str(run.pk))
    return run


@transaction.atomic
def stop(*, run_id: UUID) -> ImportRun:
    """Stop a check or an import. Imported rows stay. Raises InvalidInput if it is not running."""
    run = _locked(run_id)
    if not run.is_at_work:
        raise InvalidInput(gettext("There is no check or import to stop."))
    run.stop()
    run.save()
    return run


@transaction.atomic
def resume(*, run_id: UUID) -> ImportRun:
    """Resume a stopped check or import. Raises InvalidInput if it is not stopped."""
    run = _locked(run_id)
    if run.state not in GOES_ON_AS:
        raise InvalidInput(gettext("Only a stopped check or import can be resumed."))
    run.go_on(GOES_ON_AS[State(run.state)])
    run.save()
    return run


@transaction.atomic
def check_again(*, run_id: UUID) -> ImportRun:
    """Check a file again before its import, because records may have changed. Raises InvalidInput."""
    run = _locked(run_id)
    if run.state not in {State.CHECKED, State.UNCHECKED}:
        raise InvalidInput(gettext("Only a file that is not imported yet can be checked again."))
    run.rows.all().delete()
    run.begin(State.CHECKING)
    run.save()
    return run


def _locked_to_match(run_id: UUID, seen: str) -> ImportRun:
    """The file with a lock. Raises InvalidInput if its match cannot be changed now, or was changed in the meantime."""
    run = _locked(run_id)
    if not run.may_match:
        raise InvalidInput(gettext("The columns can be matched until the import starts, and not during a check."))
    if seen != run.match_version:
        raise InvalidInput(str(STALE))
    return run


def _locked(run_id: UUID) -> ImportRun:
    return ImportRun.objects.select_for_update(of=("self",)).light().get(pk=run_id)
