"""Match of the headings of a file with targets: by name, by synonym, and by the content of their cells. Pure.

The match is deterministic, looks at a bounded number of cells, and each part of it has a reason for the page.
"""

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from smartscheduler.core.text import fold
from smartscheduler.imports.cell_content import (
    is_address_line,
    is_clock,
    is_date,
    is_duration,
    is_email,
    is_money,
    is_own_job_number,
    is_phone,
    is_state,
    is_status,
    is_type,
    is_zip_code,
)
from smartscheduler.imports.columns import COLUMNS, results_in
from smartscheduler.imports.file_reader import LONGEST_HEADING, Table
from smartscheduler.imports.presets import Preset, preset_of
from smartscheduler.imports.synonyms import PREFIXES, normal, synonyms_of
from smartscheduler.imports.targets import NOTE, PHONE_PARTS, PHONES, targets_of

# So many filled cells of a column are looked at, and this share of them decides.
SAMPLE, SHARE = 50, 0.8
LONGEST_CELL = 200
LOOKED_AT = 2_000
# Synonyms without the prefix of their heading come after all others.
PREFIXED = 1_000

Targets = list[str | None]
ContentTest = Callable[[str], bool]


def _hits(fits: ContentTest, cells: Sequence[str]) -> int:
    """The number of cells that fit if they are most of them, else 0."""
    hits = sum(map(fits, cells))
    return hits if hits >= SHARE * len(cells) else 0


# Targets by name whose content shows that another one is meant.
REFINED: tuple[tuple[str, str, Callable[[Sequence[str]], int]], ...] = (
    ("address", "full_address", lambda cells: _hits(is_address_line, cells)),
    ("job_number", "external_id", lambda cells: 0 if any(map(is_own_job_number, cells)) else len(cells)),
    ("clock", "start", lambda cells: _hits(is_date, cells)),
    ("end_clock", "end", lambda cells: _hits(is_date, cells)),
    ("start", "clock", lambda cells: _hits(is_clock, cells)),
    ("end", "end_clock", lambda cells: _hits(is_clock, cells)),
)


@dataclass(frozen=True)
class Reason:
    """Why a heading has its target. `by`: name, synonym, content or preset; `hits` of `cells` fit the target."""

    by: str
    hits: int = 0
    cells: int = 0


@dataclass(frozen=True)
class Mapping:
    """Targets by heading (None: left out) with their reasons.

    `preset`: the ready mapping that was used, if any. `confident`: no user needs to look at the match before the check.
    `saved_id`: of the match of an earlier file with the same headings, with its `options`.
    """

    targets: Targets
    preset: str = ""
    confident: bool = False
    reasons: list[Reason | None] = field(default_factory=list)
    saved_id: int | None = None
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def stored(self) -> list[str]:
        """The targets as `ImportRun.mapping` has them."""
        return [target or "" for target in self.targets]

    @property
    def matched_by(self) -> str:
        """What the match is based on, for `ImportRun.matched_by`: saved, own, guess, or the code of a preset."""
        if self.saved_id is not None:
            return "saved"
        return self.preset or ("own" if self.confident else "guess")


def match(kind: str, table: Table) -> Mapping:
    """Match the headings of a table with the targets of a kind of record."""
    names = [normal(title) for title in table.titles]
    passed_over = passed_over_in(kind, names)
    is_own = _is_own(kind, names, passed_over)
    preset = None if is_own else preset_of(kind, names)
    key = _key_of_results(kind, names, preset)
    targets, reasons = _by_preset(preset, names, key)
    passed_over |= {name for name in names if preset and preset.knows(name)}
    _by_name(kind, names, passed_over, targets, reasons)
    samples = _samples(table)
    _refine(samples, targets, reasons)
    for at, cells in enumerate(samples):
        if targets[at] is None and names[at] not in passed_over:
            _by_content(kind, at, cells, targets, reasons)
    is_known = preset is not None and all(preset.knows(name) or name in {key, *passed_over} for name in names)
    return Mapping(targets, preset.code if preset else "", is_own or is_known, reasons)


def fingerprint(kind: str, titles: Iterable[str]) -> str:
    """Digest of the headings of a file, whatever their case and blanks, and, of Latin ones, their signs and accents."""
    return sha256("\x1f".join([kind, *map(_identity_of, titles)]).encode()).hexdigest()


def _identity_of(title: str) -> str:
    """The normal form of a heading. It has Latin letters and digits only: with other letters, the folded heading."""
    short = title[:LONGEST_HEADING]  # too short for marks that `fold` refuses
    letters = unicodedata.normalize("NFKD", short)
    is_latin = all(letter.isascii() or not letter.isalnum() for letter in letters)
    return (normal(title) if is_latin else "") or fold(short)


def repeated(mapping: Iterable[str | None]) -> set[str]:
    """The targets that several headings have. Notes can have several."""
    return {target for target, count in Counter(mapping).items() if target and count > 1 and target != NOTE}


def passed_over_in(kind: str, names: Sequence[str]) -> set[str]:
    """The headings of exports and result files that are left out. `Remarks` alone is a heading of the user."""
    return targets_of(kind).read_only.union(results_in(names))


def _key_of_results(kind: str, names: Sequence[str], preset: Preset | None) -> str:
    """The key that a result file has in front of the headings of another product; empty in other files."""
    key = COLUMNS[kind].key
    is_added = preset is not None and (names.count(key) > 1 or not preset.knows(key))
    return key if is_added and names[0] == key and results_in(names) else ""


def _by_preset(preset: Preset | None, names: Sequence[str], key: str) -> tuple[Targets, list[Reason | None]]:
    """The targets of a preset, each once; `key`: the target of the first heading, if it is not that of the preset."""
    targets: Targets = [preset.targets.get(name) or None if preset else None for name in names]
    if key:
        targets[0] = key
    for at, target in enumerate(targets):
        if target != NOTE and target in targets[:at]:
            targets[at] = None
    return targets, [Reason("preset") if target else None for target in targets]


def _by_name(
    kind: str, names: Sequence[str], passed_over: set[str], targets: Targets, reasons: list[Reason | None]
) -> None:
    """Own names before synonyms, and synonyms in the order of their list; each target once."""
    own, words = set(targets_of(kind).names) - {NOTE}, synonyms_of(kind)
    ranked = list[tuple[int, int, str]]()
    for at, name in enumerate(names):
        if name in passed_over:
            continue
        if name in own:
            ranked.append((0, at, name))
        ranked += [(1 + rank, at, target) for target, rank in words.get(name, {}).items()]
        for short in _without_prefix(kind, name):
            ranked += [(PREFIXED + rank, at, target) for target, rank in words.get(short, {}).items()]
    taken = set(targets)
    for rank, at, target in sorted(ranked):
        if targets[at] is None and target not in taken:
            targets[at], reasons[at] = target, Reason("synonym" if rank else "name")
            taken.add(target)


def _without_prefix(kind: str, name: str) -> list[str]:
    return [name.removeprefix(prefix) for prefix in PREFIXES[kind] if name.startswith(prefix) and name != prefix]


def _by_content(kind: str, at: int, cells: Sequence[str], targets: Targets, reasons: list[Reason | None]) -> None:
    """The first target that is free and whose form most cells have. Amounts of money have none."""
    if not cells or _hits(is_money, cells):
        return
    for fits, names in _content_tests(kind):
        free = next((name for name in names if name in targets_of(kind).names and name not in targets), None)
        if free and (hits := _hits(fits, cells)):
            targets[at], reasons[at] = free, Reason("content", hits, len(cells))
            return


def _content_tests(kind: str) -> list[tuple[ContentTest, tuple[str, ...]]]:
    return [
        (is_email, ("email",)),
        (is_phone, (PHONES[kind], *PHONE_PARTS)),
        (is_address_line, ("full_address",)),
        (is_zip_code, ("zip_code",)),
        (is_state, ("state",)),
        (is_date, ("desired_date",)),
        (is_clock, ("clock", "end_clock")),
        (is_duration, ("duration",)),
        (is_type, ("type",)),
        (is_status, ("status",)),
    ]


def _samples(table: Table) -> list[list[str]]:
    """The first filled cells of each column."""
    samples: dict[str, list[str]] = {name: [] for name in table.headings}
    missing = set(table.headings)
    for row in table.rows[:LOOKED_AT]:
        for name in [name for name in missing if row.get(name)]:
            samples[name].append(row[name][:LONGEST_CELL])
            if len(samples[name]) == SAMPLE:
                missing.remove(name)
        if not missing:
            break
    return list(samples.values())


def _refine(samples: Sequence[Sequence[str]], targets: Targets, reasons: list[Reason | None]) -> None:
    """Correct targets by content: whole addresses are split, foreign numbers are external IDs, times are no dates."""
    for name, other, hits_of in REFINED:
        if (cells := _cells_of(name, other, samples, targets)) and (hits := hits_of(cells)):
            at = targets.index(name)
            targets[at], reasons[at] = other, Reason("content", hits, len(cells))


def _cells_of(name: str, other: str, samples: Sequence[Sequence[str]], targets: Targets) -> Sequence[str]:
    """The cells of the target `name`, if there is one and the target `other` is free."""
    return samples[targets.index(name)] if name in targets and other not in targets else []


def _is_own(kind: str, names: Sequence[str], passed_over: set[str]) -> bool:
    """Whether the headings are those of a template, an export or a result file of this product."""
    known = {*targets_of(kind).columns, *passed_over}
    return bool(names) and len(set(names)) == len(names) and set(names) <= known
