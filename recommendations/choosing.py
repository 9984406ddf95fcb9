"""Choosing a contractor and a slot from a ranking: the page, its parts, and the second step before a booking."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin

from assignments.models import Assignment
from assignments.states import MOVABLE
from contractors.models import Contractor
from jobs.models import Job
from jobs.requests import JobRequest
from jobs.states import Status
from recommendations.forms import AssignForm, QuestionForm
from recommendations.recommend_page import Offers, asked_about, facts, ranking
from smartscheduler.accounts.policy import Permission
from smartscheduler.backoffice.people import may, person
from smartscheduler.backoffice.returning import way_back
from smartscheduler.errors import DomainError
from smartscheduler.formatting import local_slot
from smartscheduler.rules.current import current_rules
from smartscheduler.timeslots import TimeSlot


def ranked_page(
    request: HttpRequest, admin: ModelAdmin, job: Job, *, booking: Assignment | None, words: dict[str, Any]
) -> HttpResponse:
    """The ranking of a job, whole, or the part below the question when the page itself asks.

    With a `booking` it is about somebody else for it. `words` say what the page is called and its buttons do.
    """
    rules = current_rules()
    form = QuestionForm(request.GET.dict(), rules)
    question = form.answers
    context = {
        "job": job,
        "form": form,
        "question": question,
        "booking": booking,
        "when": local_slot(booking.slot, job.zone) if booking else "",
        "booked": [(one, local_slot(one.slot, job.zone)) for one in live_on(job)],
        "rankable": booking.status in MOVABLE if booking else job.status == Status.OPEN,
        "may_assign": may(request, Permission.ASSIGN),
        **words,
    }
    if context["rankable"]:
        limits = {"horizon_days": question["horizon_days"], "day": question["day"], "booking": booking}
        context |= ranking(job, rules, max_results=question["max_results"], **limits)
        context |= asked_about(
            job, rules, q=question["q"], reader=person(request), contractor=question["contractor"], **limits
        )
    if getattr(request, "htmx", False):
        response = TemplateResponse(request, "admin/recommendations/part.html", context)
    else:
        frame = {**admin.admin_site.each_context(request), "opts": admin.opts, "facts": facts(job, person(request))}
        response = TemplateResponse(request, "admin/recommendations/recommend.html", {**frame, **context})
    # The part is not to be shown for the whole when the browser goes back.
    patch_vary_headers(response, ["HX-Request"])
    return response


def choose(
    request: HttpRequest,
    admin: ModelAdmin,
    job: Job,
    *,
    book: Callable[[dict[str, Any]], Assignment],
    words: dict[str, Any],
) -> HttpResponse:
    """A POST of one candidate's form: asks again unless `confirmed` came with it, then calls `book`.

    Goes on to the assignment. A refusal leads back to a ranking made anew, and says who was faster.
    """
    form = AssignForm(request.POST)
    if not form.is_valid():
        for name, found in form.errors.items():
            messages.error(request, f"{name.replace('_', ' ').capitalize()}: {' '.join(map(str, found))}")
        return redirect(request.get_full_path())
    wanted = form.cleaned_data
    try:
        if "confirmed" not in request.POST:
            return _asking(request, admin, job, wanted, words)
        assignment = book(wanted)
    except DomainError as refusal:
        return _refused(request, job, wanted, refusal, words)
    except ObjectDoesNotExist:
        messages.error(request, "That contractor is no longer there.")
        return redirect(request.get_full_path())
    when = local_slot(assignment.slot, job.zone)
    messages.success(request, f"{job} {words['done']} {assignment.contractor}: {when}.")
    return redirect(way_back(request, page_of(assignment)))


def _asking(
    request: HttpRequest, admin: ModelAdmin, job: Job, wanted: dict[str, Any], words: dict[str, Any]
) -> HttpResponse:
    """The second step as a page of its own, where there are no scripts to ask in place."""
    contractor = Contractor.objects.get(pk=wanted["contractor"])
    slot = TimeSlot(wanted["start"], wanted["start"] + job.duration)
    context = {
        **admin.admin_site.each_context(request),
        "opts": admin.opts,
        "job": job,
        "contractor": contractor,
        "slot": local_slot(slot, job.zone),
        "start": wanted["start"].isoformat(),
        "override_reason": wanted["override_reason"],
        "note": Offers(JobRequest.of(job), words.get("booking"), contractor).note(slot),
        **words,
    }
    return TemplateResponse(request, "admin/recommendations/confirm.html", context)


def _refused(
    request: HttpRequest, job: Job, wanted: dict[str, Any], refusal: DomainError, words: dict[str, Any]
) -> HttpResponse:
    """The same click twice is one booking; anything else shows why, above a ranking made anew."""
    present = live_on(job).first()
    if present and (present.contractor_id, present.slot.start) == (wanted["contractor"], wanted["start"]):
        messages.info(request, f"{job} has already been assigned this way.")
        return redirect(page_of(present))
    link = format_html(" {}", page_link(present)) if present and "latest_event" in refusal.extra else ""
    said = format_html("{} {}{}", words["not_done"], refusal.detail, link)
    messages.error(request, said if link else f"{said} The ranking below is as things stand now.")
    return redirect(request.get_full_path())


def live_on(job: Job) -> QuerySet[Assignment]:
    """The assignment that holds the job, if any."""
    return Assignment.objects.live().filter(job=job).select_related("job", "contractor")


def page_of(assignment: Assignment) -> str:
    return reverse("admin:assignments_assignment_change", args=[assignment.pk])


def page_link(assignment: Assignment) -> SafeString:
    return format_html('<a class="underline" href="{}">Open the assignment</a>', page_of(assignment))
