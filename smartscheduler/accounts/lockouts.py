"""What somebody sees who has tried too many passwords."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from smartscheduler.problems import Problem, respond

DETAIL = "Too many failed attempts to sign in; try again later."


def locked_out(
    request: HttpRequest, response: HttpResponse | None = None, credentials: dict[str, str] | None = None
) -> HttpResponse:
    """The answer to a sign-in that is refused whatever the password (AXES_LOCKOUT_CALLABLE)."""
    wait = str(int(settings.AXES_COOLOFF_TIME.total_seconds()))
    if request.path.startswith("/api/"):
        return respond(request, Problem(code="locked-out", status=429, detail=DETAIL, headers={"Retry-After": wait}))
    return HttpResponse(DETAIL, status=429, content_type="text/plain; charset=utf-8", headers={"Retry-After": wait})
