"""Choosing a contractor and a slot from a ranking: the page, its parts, and the second step before a booking."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.cache import patch_vary_headers
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin

from assignments.models import Assignment
from assignments.states import MOVABLE
from contractors.models import Contractor
from jobs.models import Job
from jobs.requirements import JobRequest
from jobs.states import Status
from recommendations.admin.candidate_cards import Offers, asked_about, facts, ranking
from recommendations.admin.forms import AssignForm, Choice, QuestionForm
from smartscheduler.accounts.permissions import Permission
from smartscheduler.adminsite.permissions import may, person
from smartscheduler.adminsite.registry import record_url
from smartscheduler.adminsite.return_url import way_back
from smartscheduler.core.formatting import local_slot
from smartscheduler.errors import DomainError
from smartscheduler.rules.current import current_rules
from smartscheduler.timeslots import TimeSlot


@dataclass(frozen=True, kw_only=True)
class Labels:
    """What the page is called, what its buttons say, and the messages after a booking and after a refusal."""

    title: str
    verb: str
    done: str
    not_done: str


@dataclass(frozen=True, kw_only=True)
class Purpose:
    """What a contractor is chosen for: the job, or with `booking` that it goes to another contractor.

    `book(contractor_id=, start=, override_reason=)` calls the service.
    """

    labels: Labels
    job: Job
    booking: Assignment | None = None
    book: Callable[..., Assignment]

    @property
    def is_open(self) -> bool:
        """Whether a contractor can be chosen in the present state of the job or the booking."""
        return self.booking.status in MOVABLE if self.booking else self.job.status == Status.OPEN

    def context(self) -> dict[str, Any]:
        """What all templates of the choice take from it."""
        record = self.booking or self.job
        return {
            "title": self.labels.title,
            "verb": self.labels.verb,
            "subtitle": str(record),
            "original": record,
            "job": self.job,
            "booking": self.booking,
            "back_url": record_url(record, "change"),
            "back_to": str(record),
            "people_url": record_url(self.job, "people"),
        }


def ranked_page(request: HttpRequest, admin: ModelAdmin, purpose: Purpose) -> HttpResponse:
    """The ranking of a job, whole, or the part below the question when the page itself asks.

    With a booking it ranks the other contractors.
    """
    rules = current_rules()
    form = QuestionForm(request.GET.dict(), rules)
    question = form.answers
    job, booking = purpose.job, purpose.booking
    context = {
        **purpose.context(),
        "form": form,
        "question": question,
        "when": local_slot(booking.slot, job.zone) if booking else "",
        "booked": [(one, local_slot(one.slot, job.zone)) for one in live_on(job)],
        "rankable": purpose.is_open,
        "may_assign": may(request, Permission.ASSIGN),
    }
    if purpose.is_open:
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


def choose(request: HttpRequest, admin: ModelAdmin, purpose: Purpose) -> HttpResponse:
    """A POST of one candidate's form: asks again unless `confirmed` came with it, then books.

    Goes on to the assignment. A refusal leads back to a ranking made anew, and says who was faster.
    """
    form = AssignForm(request.POST)
    if not form.is_valid():
        for name, found in form.errors.items():
            messages.error(request, f"{name.replace('_', ' ').capitalize()}: {' '.join(map(str, found))}")
        return redirect(request.get_full_path())
    choice = form.choice
    try:
        if "confirmed" not in request.POST:
            return _asking(request, admin, purpose, choice)
        assignment = purpose.book(**asdict(choice))
    except DomainError as refusal:
        return _refused(request, purpose, choice, refusal)
    except ObjectDoesNotExist:
        messages.error(request, "That contractor is no longer there.")
        return redirect(request.get_full_path())
    when = local_slot(assignment.slot, purpose.job.zone)
    messages.success(request, f"{purpose.job} {purpose.labels.done} {assignment.contractor}: {when}.")
    return redirect(way_back(request, record_url(assignment, "change")))


def _asking(request: HttpRequest, admin: ModelAdmin, purpose: Purpose, choice: Choice) -> HttpResponse:
    """The second step as a page of its own, where there are no scripts to ask in place."""
    job = purpose.job
    contractor = Contractor.objects.get(pk=choice.contractor_id)
    slot = TimeSlot(choice.start, choice.start + job.duration)
    context = {
        **admin.admin_site.each_context(request),
        **purpose.context(),
        "opts": admin.opts,
        "contractor": contractor,
        "slot": local_slot(slot, job.zone),
        "start": choice.start.isoformat(),
        "override_reason": choice.override_reason,
        "note": Offers(JobRequest.of(job), purpose.booking, contractor).note(slot),
    }
    return TemplateResponse(request, "admin/recommendations/confirm.html", context)


def _refused(request: HttpRequest, purpose: Purpose, choice: Choice, refusal: DomainError) -> HttpResponse:
    """The same click twice is one booking; anything else shows why, above a ranking made anew."""
    present = live_on(purpose.job).first()
    if present and (present.contractor_id, present.slot.start) == (choice.contractor_id, choice.start):
        messages.info(request, f"{purpose.job} has already been assigned this way.")
        return redirect(record_url(present, "change"))
    link = format_html(" {}", _link_to(present)) if present and "latest_event" in refusal.extra else ""
    text = format_html("{} {}{}", purpose.labels.not_done, refusal.detail, link)
    messages.error(request, text if link else f"{text} The ranking below is as things stand now.")
    return redirect(request.get_full_path())


def live_on(job: Job) -> QuerySet[Assignment]:
    """The assignment that holds the job, if any."""
    return Assignment.objects.live().filter(job=job).select_related("job", "contractor")


def _link_to(assignment: Assignment) -> SafeString:
    url = record_url(assignment, "change")
    return format_html('<a class="underline" href="{}">Open the assignment</a>', url)
