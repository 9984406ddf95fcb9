"""The Reassign page of an assignment: the ranking of its job, from which the user picks another contractor."""

from functools import partial

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from assignments import services
from assignments.admin.actions import is_movable
from assignments.models import Assignment
from recommendations.admin.pick_candidate import Labels, Purpose, choose, promise, ranked_page
from smartscheduler.accounts.permissions import Permission
from smartscheduler.adminsite import registry
from smartscheduler.adminsite.buttons import Weight
from smartscheduler.adminsite.permissions import person
from smartscheduler.adminsite.record_actions import RecordAdmin
from smartscheduler.adminsite.registry import ViewButton

LABELS = Labels(
    title=_("Reassign"),
    done=_("{job} is reassigned to {contractor}: {slot}."),
    not_done=_("Not reassigned."),
)


@registry.record_view(
    Assignment,
    "reassign",
    permission=Permission.ASSIGN,
    button=ViewButton(label=_("Reassign"), icon="swap_horiz", possible=is_movable, weight=Weight.PAGE),
)
def reassign(request: HttpRequest, booking: Assignment, admin: RecordAdmin) -> HttpResponse:
    """GET: the ranking of the other contractors. POST: promise an offered arrival window; or confirm, then reassign."""
    book = partial(services.reassign_assignment, assignment_id=booking.pk, actor=person(request))
    purpose = Purpose(labels=LABELS, job=booking.job, booking=booking, book=book)
    if "promise" in request.POST:
        return promise(request, purpose)
    return (choose if request.method == "POST" else ranked_page)(request, admin, purpose)
