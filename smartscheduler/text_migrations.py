"""Stored text brought into its normal form, for migrations: what fields refuse since then becomes a space."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.db import models
from django.db.models import Q, TextField
from django.db.models.functions import Cast

from smartscheduler.text import UnsuitableText, fold, nfc, visible, visible_lines

# Rows with anything but printable ASCII and single blanks; PostgreSQL has no Unicode categories.
PERHAPS_ODD = "[^ -~]|  |^ | $"


def normalize_text(
    model: type[models.Model], *, lines: Sequence[str] = (), notes: Sequence[str] = (), names: Sequence[str] = ()
) -> None:
    """Rewrite the rows of `model` whose text is not in its normal form.

    `lines` are fields of one line, `notes` of several, `names` arrays of names.
    """
    fields = (*lines, *notes, *names)
    aliases: dict[str, Any] = {f"{field}_text": Cast(field, TextField()) for field in fields}
    odd = Q()
    for alias in aliases:
        odd |= Q(**{f"{alias}__regex": PERHAPS_ODD})
    rows: Any = model._base_manager.alias(**aliases).filter(odd)
    for values in rows.values("pk", *fields).iterator():
        pk = values.pop("pk")
        new = {
            **{field: _line(values[field]) for field in lines},
            **{field: _tried(visible_lines, values[field]) for field in notes},
            **{field: _names(values[field]) for field in names},
        }
        if changes := {field: text for field, text in new.items() if text != values[field]}:
            model._base_manager.filter(pk=pk).update(**changes)


def refuse_addresses(unsuitable: Iterable[Any], twice: Iterable[Any], what: str) -> None:
    """Stop a migration that cannot choose an address by itself; the records are named by their ids."""
    unsuitable, twice = sorted(map(str, unsuitable)), sorted(map(str, twice))
    problems = []
    if unsuitable:
        problems.append(f"{what} with an e-mail address outside ASCII: {', '.join(unsuitable)}.")
    if twice:
        problems.append(f"{what} whose e-mail address is another's, written differently: {', '.join(twice)}.")
    if problems:
        raise RuntimeError(" ".join([*problems, "Nothing was changed: give them other addresses, then migrate again."]))


def _line(text: str) -> str:
    # A name of nothing but invisible characters has no better form.
    return _tried(visible, text) or text


def _names(names: list[str]) -> list[str]:
    named = {fold(name): name for name in reversed([_line(name) for name in names])}
    return sorted((name for name in named.values() if name), key=fold)


def _tried(clean: Callable[[str], str], text: str) -> str:
    try:
        return nfc(clean(text))
    except UnsuitableText:
        return text
