"""Working hours typed in one line, read for the rows of the form."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse

from contractors.admin.forms import LONGEST_WEEK
from contractors.working_week import check_week
from contractors.written_week import read_week
from smartscheduler.accounts.permissions import Permission
from smartscheduler.adminsite.permissions import may
from smartscheduler.core.entry import UnreadableText
from smartscheduler.errors import InvalidInput


def read_hours(request: HttpRequest) -> HttpResponse:
    """POST `text`; the answer has the shifts, or the problem as a sentence. Nothing is written."""
    if not (may(request, Permission.ADD_CONTRACTORS) or may(request, Permission.CHANGE_CONTRACTORS)):
        raise PermissionDenied
    try:
        shifts = check_week(read_week(request.POST.get("text", "")[:LONGEST_WEEK], assumes_daytime=True))
    except UnreadableText as refusal:
        return JsonResponse({"problem": str(refusal)})
    except InvalidInput as refusal:
        return JsonResponse({"problem": refusal.detail})
    return JsonResponse({"shifts": [shift.as_json() for shift in shifts]})
