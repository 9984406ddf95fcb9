"""Saved matches of columns: the next file with the same headings is matched without a question."""

from collections.abc import Mapping as OptionMapping
from collections.abc import Sequence
from typing import Any

from django.db import transaction

from smartscheduler.accounts.models import User
from smartscheduler.imports.columns import COLUMNS, results_in
from smartscheduler.imports.file_reader import Table
from smartscheduler.imports.mapping import Mapping, Reason, fingerprint, match
from smartscheduler.imports.models import SavedMapping
from smartscheduler.imports.synonyms import normal
from smartscheduler.imports.targets import targets_of

# The oldest matches make room for new ones.
MOST_SAVED = 200
SAVED_OPTIONS = ("defaults", "source")
Options = OptionMapping[str, Any]


def matched(kind: str, table: Table) -> Mapping:
    """The saved match of the headings of a table, or a new one."""
    return remembered(kind, table.titles) or match(kind, table)


def remembered(kind: str, titles: Sequence[str]) -> Mapping | None:
    """The match that was saved for a file with these headings, or for the file that a result file was made of."""
    own = _without_results(kind, titles)
    digests = {fingerprint(kind, titles[first:last]): (first, last) for first, last in own}
    known = SavedMapping.objects.filter(kind=kind, fingerprint__in=digests)
    saved = {mapping.fingerprint: mapping for mapping in known}
    for digest, (first, last) in digests.items():
        if digest in saved and (known_targets := _fitting(saved[digest], last - first)):
            key = [COLUMNS[kind].key] * first
            targets = [*key, *known_targets, *[None] * (len(titles) - last)]
            reasons = [Reason("saved") if name else None for name in targets]
            return Mapping(targets, confident=True, reasons=reasons, is_saved=True, options=saved[digest].options)
    return None


@transaction.atomic
def remember(
    *,
    kind: str,
    titles: Sequence[str],
    mapping: Sequence[str | None],
    actor: User | None,
    options: Options | None = None,
) -> SavedMapping:
    """Save the match of the headings of a file, instead of an earlier one. The oldest are deleted at the limit.

    Of the options of the file, those that belong to its headings are saved: the values for all rows, and the source.
    """
    kept_options = {name: value for name, value in (options or {}).items() if name in SAVED_OPTIONS and value}
    saved, _is_new = SavedMapping.objects.update_or_create(
        kind=kind,
        fingerprint=fingerprint(kind, titles),
        defaults={
            "mapping": [target or "" for target in mapping],
            "options": kept_options,
            "created_by": actor,
        },
    )
    kept = SavedMapping.objects.order_by("-saved_at", "-pk").values("pk")[:MOST_SAVED]
    SavedMapping.objects.exclude(pk__in=kept).delete()
    return saved


def _without_results(kind: str, titles: Sequence[str]) -> list[tuple[int, int]]:
    """The ranges of the headings that can be those of the user: all, or without what a result file adds around them."""
    names = list(map(normal, titles))
    ranges = [(0, len(names))]
    results = results_in(names)
    if results and tuple(names[-len(results) :]) == results:
        last = len(names) - len(results)
        ranges.append((0, last))
        if names[0] == COLUMNS[kind].key:
            ranges.append((1, last))
    return ranges


def _fitting(saved: SavedMapping, width: int) -> list[str | None] | None:
    """The targets of a saved match; None if it is of a version with other targets."""
    known = {*targets_of(saved.kind).names, ""}
    is_known = len(saved.mapping) == width and set(saved.mapping) <= known
    return [target or None for target in saved.mapping] if is_known else None
