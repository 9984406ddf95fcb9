"""The page behind the `type` of a problem document: what happened, and what to do."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from smartscheduler.core.rest.error_catalog import KINDS
from smartscheduler.core.rest.problem_members import MEMBERS


@require_safe
def problem_page(request: HttpRequest, code: str) -> HttpResponse:
    """The page of a code. Public, as the OpenAPI document is. Raises Http404 for a code that does not exist."""
    if code not in KINDS:
        raise Http404
    kind = KINDS[code]
    context = {
        "type": f"/problems/{code}",
        "kind": kind,
        # Every second part was between backticks.
        "advice": [(text, bool(number % 2)) for number, text in enumerate(kind.meaning.split("`"))],
        "members": [(name, member.meaning) for name, member in MEMBERS.get(code, {}).items()],
    }
    return render(request, "errors/problem.html", context)
