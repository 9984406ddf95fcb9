"""Form of the page that matches the columns of a file with targets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django import forms
from django.forms.utils import ErrorDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from openpyxl.utils import get_column_letter
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from contractors.types import Type
from jobs.models import Job
from smartscheduler.core.db.text_fields import LineFormField
from smartscheduler.core.entry import UnreadableText
from smartscheduler.core.text import LazyText
from smartscheduler.errors import InvalidInput
from smartscheduler.imports import services
from smartscheduler.imports.cell_formats import read_duration
from smartscheduler.imports.file_reader import Table
from smartscheduler.imports.mapping import Mapping as ColumnMapping
from smartscheduler.imports.mapping import Reason
from smartscheduler.imports.models import LENGTH_OF_VERSION, ImportRun
from smartscheduler.imports.needs import missing
from smartscheduler.imports.presets import preset_label
from smartscheduler.imports.readings import Line
from smartscheduler.imports.tables import left_out, sheet_heads, told_date_order
from smartscheduler.imports.targets import label_of, targets_of
from smartscheduler.imports.text_encodings import ENCODINGS, SWITCHABLE

# Shown of each column: so many filled cells, each cut to a length.
VALUES, LONGEST_VALUE = 3, 60
MOST_CELLS_OF_A_LINE, LONGEST_LINE = 10, 90
# Values for all rows without one, by kind.
DEFAULTS = {"contractors": ("type",), "jobs": ("type", "duration"), "customers": ()}
TYPES: dict[str, Sequence[tuple[str, LazyText]]] = {"contractors": Type.choices, "jobs": Job.Type.choices}


class VersionedForm(forms.Form):
    """Form about the match of a file. A form of a page that is older than the match is refused, and can be sent again.

    Only that is shown then: the choices were made from another list.
    """

    run: ImportRun

    def full_clean(self) -> None:
        super().full_clean()
        if self.is_bound and self.data.get("seen") != self.run.match_version:
            self._errors = ErrorDict()
            self.add_error(None, str(services.STALE))
            present = {name: self.data.get(name) for name in self.data}
            self.data = present | {"seen": self.run.match_version}


class LayoutForm(VersionedForm):
    """How a stored file is read: its sheet, its line of headings, and its encoding. Only choices that there are."""

    def __init__(self, run: ImportRun, data: Any = None) -> None:
        super().__init__(data, auto_id="id_layout_%s")
        self.run, heads = run, sheet_heads(run)
        self.fields["seen"] = LineFormField(
            max_length=LENGTH_OF_VERSION, widget=forms.HiddenInput(), initial=run.match_version
        )
        if len(heads) > 1:
            self.fields["sheet"] = forms.TypedChoiceField(
                coerce=int,
                choices=[(at, f"{head.name[:LONGEST_VALUE]} ({head.size:,})") for at, head in enumerate(heads)],
                initial=run.sheet,
                label=_("Sheet"),
                help_text=_("The number of filled lines is in parentheses."),
                widget=UnfoldAdminSelectWidget(),
            )
        self.fields["heading_line"] = forms.TypedChoiceField(
            coerce=int,
            choices=[(line.number, _line_text(line)) for line in heads[run.sheet].lines],
            initial=run.heading_line,
            label=_("Line with the headings"),
            help_text=_("Lines above it are not imported. Another sheet is read from its likely line of headings."),
            widget=UnfoldAdminSelectWidget(),
        )
        if run.encoding in SWITCHABLE:
            self.fields["encoding"] = forms.ChoiceField(
                choices=[(code, name) for code, name in ENCODINGS if code in SWITCHABLE],
                initial=run.encoding,
                label=_("Encoding"),
                help_text=_("Switch it if letters such as é or ñ look wrong below."),
                widget=UnfoldAdminSelectWidget(),
            )

    @property
    def values(self) -> dict[str, Any]:
        """The arguments of services.read_again, from a valid form."""
        present = {"sheet": self.run.sheet, "encoding": self.run.encoding}
        return present | self.cleaned_data

    @property
    def summary(self) -> list[str]:
        """How the file is read now, as short texts."""
        heads, names = sheet_heads(self.run), dict(ENCODINGS)
        sheet = [gettext("sheet {name}").format(name=heads[self.run.sheet].name)] if len(heads) > 1 else []
        line = gettext("headings in line {number}").format(number=self.run.heading_line)
        encoding = names.get(self.run.encoding)
        return [*sheet, line, *([encoding] if encoding else [])]


def _line_text(line: Line) -> str:
    text = " · ".join(filter(None, line.cells[:MOST_CELLS_OF_A_LINE]))
    return f"{line.number}: {text if len(text) <= LONGEST_LINE else text[:LONGEST_LINE] + '…'}"


@dataclass(frozen=True)
class MatchedColumn:
    """A column of the file on the page. `why`: what its target was matched by."""

    name: str
    letter: str
    title: str
    values: list[str]
    target: str
    why: LazyText
    errors: list[str]

    @property
    def is_hidden(self) -> bool:
        """Whether the column is empty and left out: exports have many of these, and the page folds them away."""
        return not (self.values or self.target or self.errors)


class MatchForm(VersionedForm):
    """A target for each column of a table, and what rows without a value get.

    The selects of the columns are made by the template: as widgets, thousands of options would be rendered one by one.
    """

    seen = LineFormField(max_length=LENGTH_OF_VERSION, widget=forms.HiddenInput())
    remember = forms.BooleanField(
        required=False,
        initial=True,
        label=_("Remember for the next file"),
        widget=UnfoldBooleanWidget(),
    )

    def __init__(self, run: ImportRun, table: Table, suggested: ColumnMapping, data: Any = None) -> None:
        super().__init__(data, initial={"seen": run.match_version})
        self.run, self.table, self.suggested = run, table, suggested
        self.present = run.mapping or suggested.stored
        known = [("", ""), *((name, name) for name in targets_of(run.kind).names)]
        for at, title in enumerate(table.titles):
            self.fields[f"column_{at}"] = forms.ChoiceField(required=False, choices=known, label=title)
        if run.kind == ImportRun.Kind.JOBS:
            self._add_date_order()
        defaults = run.options.get("defaults", {})
        if "type" in DEFAULTS[run.kind]:
            self.fields["default_type"] = forms.ChoiceField(
                required=False,
                choices=[("", _("None")), *TYPES[run.kind]],
                initial=defaults.get("type", ""),
                label=_("Type of work of rows without one"),
                widget=UnfoldAdminSelectWidget(),
            )
        if "duration" in DEFAULTS[run.kind]:
            self.fields["default_duration"] = LineFormField(
                required=False,
                max_length=20,
                initial=defaults.get("duration", ""),
                label=_("Duration of rows without one"),
                help_text=_("2:30, 2.5 or 150 min"),
                widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
            )

    def _add_date_order(self) -> None:
        """Offer the order that the dates tell, and both orders."""
        detected = told_date_order(self.table, self.present)
        orders = {"mdy": _("Month first: 03/04 is March 4"), "dmy": _("Day first: 03/04 is April 3")}
        chosen = self.run.options.get("date_order", detected)
        self.fields["date_order"] = forms.ChoiceField(
            required=False,
            choices=[("", gettext("Detected from the dates: {order}").format(order=orders[detected])), *orders.items()],
            initial=chosen if chosen != detected else "",
            label=_("Order of day and month"),
            widget=UnfoldAdminSelectWidget(),
        )

    def clean_default_duration(self) -> str:
        text = str(self.cleaned_data["default_duration"]).strip()
        try:
            if text:
                read_duration(text)
        except InvalidInput as refusal:
            raise forms.ValidationError(refusal.detail) from refusal
        except UnreadableText as refusal:
            raise forms.ValidationError(str(refusal)) from refusal
        return text

    def clean(self) -> dict[str, Any]:
        for at in range(len(self.table.titles)):
            if f"column_{at}" not in self.data:
                self.add_error(f"column_{at}", gettext("Select a target, or leave the column out."))
        return self.cleaned_data

    @property
    def targets(self) -> list[str]:
        """The chosen targets of a valid form, in the order of the columns."""
        return [self.cleaned_data[f"column_{at}"] for at in range(len(self.table.titles))]

    @property
    def options(self) -> dict[str, Any]:
        """The options of a valid form."""
        values = {name: self.cleaned_data.get(f"default_{name}") for name in DEFAULTS[self.run.kind]}
        defaults = {name: value for name, value in values.items() if value}
        return {"defaults": defaults, "date_order": self.cleaned_data.get("date_order", "")}

    @property
    def values(self) -> dict[str, Any]:
        """The arguments of services.match_columns, from a valid form."""
        return {
            "targets": self.targets,
            "options": self.options,
            "seen": self.cleaned_data["seen"],
            "remember_it": self.cleaned_data["remember"],
        }

    @property
    def shown(self) -> list[str]:
        """The targets that the page shows as chosen: those of the request, else those of the file."""
        if not self.is_bound:
            return self.present
        return [str(self.data.get(f"column_{at}", "")) for at in range(len(self.table.titles))]

    @cached_property
    def columns(self) -> list[MatchedColumn]:
        samples = first_values(self.table)
        return [
            MatchedColumn(
                name=f"column_{at}",
                letter=get_column_letter(at + 1),
                title=title,
                values=samples[at],
                target=target,
                why=self._why(at, target),
                errors=[str(error) for error in self.errors.get(f"column_{at}", [])],
            )
            for at, (title, target) in enumerate(zip(self.table.titles, self.shown, strict=True))
        ]

    @property
    def empty_columns(self) -> int:
        return sum(column.is_hidden for column in self.columns)

    @property
    def wrong(self) -> list[tuple[str, str]]:
        """The columns and fields with errors: name and heading."""
        columns = [(column.name, column.title) for column in self.columns if column.errors]
        return columns + [(field.name, str(field.label)) for field in self.more if field.errors]

    def _why(self, at: int, target: str) -> LazyText:
        if not target:
            return ""
        is_suggested = target == self.suggested.stored[at]
        reason = self.suggested.reasons[at] if is_suggested else None
        return reason_text(reason, self.suggested) if reason else _("Chosen by hand")

    @cached_property
    def groups(self) -> list[tuple[LazyText, list[tuple[str, LazyText]]]]:
        """The targets by group, for the selects."""
        groups: dict[LazyText, list[tuple[str, LazyText]]] = {}
        for target in targets_of(self.run.kind).choices:
            groups.setdefault(target.group, []).append((target.name, target.label))
        return list(groups.items())

    @property
    def left_out(self) -> list[str]:
        """The headings of the columns that have values and no target."""
        named, hidden = left_out(self.table, self.shown), [column.title for column in self.columns if column.is_hidden]
        return [title for title in named if title not in hidden]

    @property
    def lacks(self) -> list[tuple[LazyText, str]]:
        """Targets that new records need and the file lacks: the name, and the id of the field for all rows."""
        lacking = missing(self.run.kind, self.shown, self._shown_defaults()).columns
        offered = DEFAULTS[self.run.kind]
        return [(label_of(name), f"id_default_{name}" if name in offered else "") for name in lacking]

    @property
    def has_linked(self) -> bool:
        """Whether one of the missing targets can get a value for all rows."""
        return any(field for _name, field in self.lacks)

    @property
    def is_lacking_all(self) -> bool:
        """Whether no row of the file could be imported."""
        return missing(self.run.kind, self.shown, self._shown_defaults()).is_final

    def _shown_defaults(self) -> Mapping[str, str]:
        values = {name: self[f"default_{name}"].value() for name in DEFAULTS[self.run.kind]}
        return {name: value for name, value in values.items() if value}

    @property
    def more(self) -> list[forms.BoundField]:
        """The fields below the columns."""
        return [self[name] for name in self.fields if name == "date_order" or name.startswith("default_")]


def reason_text(reason: Reason, mapping: ColumnMapping) -> str:
    """What a column was matched by, for users."""
    match reason.by:
        case "saved":
            return gettext("As saved")
        case "preset":
            return str(preset_label(mapping.preset))
        case "content":
            text = gettext("By its values: {hits} of {cells}")
            return text.format(hits=reason.hits, cells=reason.cells)
        case "name":
            return gettext("Same name")
        case _:
            return gettext("Known heading")


def first_values(table: Table) -> list[list[str]]:
    """The first filled cells of each column, cut to a length. A column without any is empty in all rows."""
    samples: dict[str, list[str]] = {name: [] for name in table.headings}
    unfinished = set(samples)
    for row in table.rows:
        for name in [name for name in unfinished if row[name]]:
            cell = row[name]
            samples[name].append(cell if len(cell) <= LONGEST_VALUE else f"{cell[:LONGEST_VALUE]}…")
            if len(samples[name]) == VALUES:
                unfinished.remove(name)
        if not unfinished:
            break
    return list(samples.values())
