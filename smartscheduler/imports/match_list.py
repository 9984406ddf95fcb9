"""The page of saved matches of columns: rename and delete."""

from typing import Any, NamedTuple

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext

from smartscheduler.accounts.models import User
from smartscheduler.adminsite.permissions import person
from smartscheduler.errors import InvalidInput
from smartscheduler.imports.importers import IMPORTERS
from smartscheduler.imports.models import LONGEST_NAME, SavedMapping
from smartscheduler.imports.saved_mappings import delete_match, rename_match, saved_matches
from smartscheduler.imports.targets import label_of, targets_of


class SavedMatch(NamedTuple):
    """A saved match, with the labels of what its columns contain and the number of those that it leaves out."""

    saved: SavedMapping
    columns: list[str]
    left_out: int
    source: str


def respond(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """GET: the saved matches of the kinds that the user may import. POST: rename or delete one."""
    user = person(request)
    if request.method == "POST":
        try:
            messages.success(request, _changed(request, user))
        except SavedMapping.DoesNotExist:
            messages.warning(request, gettext("This saved match does not exist any more."))
        except InvalidInput as refusal:
            messages.error(request, refusal.detail)
        return redirect(request.path)
    shown = [_shown(saved) for saved in saved_matches(_kinds(user))]
    page = {**context, "title": gettext("Saved matches"), "matches": shown, "longest": LONGEST_NAME}
    return TemplateResponse(request, "admin/imports/matches.html", page)


def _changed(request: HttpRequest, user: User) -> str:
    """Do what the form asks. Returns the message. Raises SavedMapping.DoesNotExist, InvalidInput."""
    number = request.POST.get("match", "")
    # An id has up to 19 digits.
    match_id = int(number) if number.isascii() and number.isdigit() and len(number) < 19 else 0
    if SavedMapping.objects.get(pk=match_id).kind not in _kinds(user):
        raise PermissionDenied
    if request.POST.get("do") == "delete":
        return gettext("The saved match “{name}” was deleted.").format(name=delete_match(match_id=match_id))
    saved = rename_match(match_id=match_id, name=request.POST.get("name", ""))
    return gettext("The saved match was renamed to “{name}”.").format(name=saved)


def _kinds(user: User) -> list[str]:
    return [kind for kind, importer in IMPORTERS.items() if user.allows(importer.may)]


def _shown(saved: SavedMapping) -> SavedMatch:
    known = targets_of(saved.kind).names
    # A target of an earlier version has no label.
    columns = [str(label_of(name)) if name in known else name for name in saved.mapping if name]
    return SavedMatch(saved, columns, saved.mapping.count(""), saved.options.get("source", ""))
