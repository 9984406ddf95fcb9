"""Saved matches of columns: the next file with the same headings is matched without a question."""

from collections.abc import Collection, Sequence
from collections.abc import Mapping as OptionMapping
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.translation import gettext

from smartscheduler.accounts.models import User
from smartscheduler.audit.models import Act
from smartscheduler.audit.services import record
from smartscheduler.core.db.transactions import domain_transaction
from smartscheduler.errors import InvalidInput
from smartscheduler.imports.columns import COLUMNS, results_in
from smartscheduler.imports.file_reader import Table
from smartscheduler.imports.mapping import Mapping, Reason, fingerprint, match
from smartscheduler.imports.models import LONGEST_NAME, SavedMapping
from smartscheduler.imports.synonyms import normal
from smartscheduler.imports.targets import targets_of

# The matches that were not used for the longest time make room for new ones.
MOST_SAVED = 200
SAVED_OPTIONS = ("defaults", "source")
# PostgreSQL's greatest() ignores NULL.
LATEST = Greatest(F("saved_at"), F("last_used_at"))
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
            options = saved[digest].options
            return Mapping(targets, confident=True, reasons=reasons, saved_id=saved[digest].pk, options=options)
    return None


@transaction.atomic
def remember(
    *,
    kind: str,
    titles: Sequence[str],
    mapping: Sequence[str | None],
    actor: User | None,
    options: Options | None = None,
    name: str = "",
) -> SavedMapping:
    """Save the match of the headings of a file, instead of an earlier one, whose name stays.

    At the limit, those are deleted that were not used or saved for the longest time. Of the options of the file,
    those that belong to its headings are saved: the values for all rows, and the source.
    """
    kept_options = {name: value for name, value in (options or {}).items() if name in SAVED_OPTIONS and value}
    values = {"mapping": [target or "" for target in mapping], "options": kept_options, "created_by": actor}
    saved, _is_new = SavedMapping.objects.update_or_create(
        kind=kind,
        fingerprint=fingerprint(kind, titles),
        defaults=values,
        create_defaults={**values, "name": name[:LONGEST_NAME].strip()},
    )
    kept = SavedMapping.objects.order_by(LATEST.desc(), "-pk").values("pk")[:MOST_SAVED]
    SavedMapping.objects.exclude(pk__in=kept).delete()
    return saved


def note_use(mapping: Mapping) -> None:
    """Note that a file was matched by a saved match."""
    if mapping.saved_id is not None:
        SavedMapping.objects.filter(pk=mapping.saved_id).update(last_used_at=timezone.now())


def saved_matches(kinds: Collection[str]) -> QuerySet[SavedMapping]:
    """The saved matches of these kinds, those first that were used or saved last."""
    return SavedMapping.objects.filter(kind__in=kinds).select_related("created_by").order_by(LATEST.desc(), "-pk")


@domain_transaction
def rename_match(*, match_id: int, name: str) -> SavedMapping:
    """Rename a saved match. Raises SavedMapping.DoesNotExist, and InvalidInput for an empty or unsuitable name."""
    saved = _locked(match_id)
    saved.name = name.strip()
    if not saved.name:
        raise InvalidInput.of("name", gettext("Enter a name."))
    saved.clean_fields(exclude={each.name for each in SavedMapping._meta.fields} - {"name"})
    saved.save(update_fields=["name"])
    record(Act.MATCH_RENAMED, of=saved.kind, match=saved.pk)
    return saved


@domain_transaction
def delete_match(*, match_id: int) -> SavedMapping:
    """Delete a saved match. Raises SavedMapping.DoesNotExist."""
    saved = _locked(match_id)
    SavedMapping.objects.filter(pk=match_id).delete()
    record(Act.MATCH_DELETED, of=saved.kind, match=match_id)
    return saved


def _locked(match_id: int) -> SavedMapping:
    return SavedMapping.objects.select_for_update().get(pk=match_id)


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
