"""The page on which a user picks a contractor and a slot from a ranking, and its confirmation step."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.cache import patch_vary_headers
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from unfold.admin import ModelAdmin

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

from assignments import services
from assignments.customer_notices import customer_notice
from assignments.models import Assignment
from assignments.states import MOVABLE
from assignments.wanted_time import differs_from_wanted
from contractors.models import Contractor
from jobs.models import Job
from jobs.requirements import JobRequest
from jobs.states import Status
from recommendations.admin.candidate_cards import Offers, asked_about, facts, ranking
from recommendations.admin.forms import AssignForm, Choice, PromiseForm, QuestionForm
from smartscheduler.accounts.permissions import Permission
from smartscheduler.adminsite.permissions import may, person, require
from smartscheduler.adminsite.registry import record_url
from smartscheduler.adminsite.return_url import way_back
from smartscheduler.core.formatting import local_slot
from smartscheduler.errors import DomainError
from smartscheduler.rules.current import current_rules
from smartscheduler.timeslots import TimeSlot


@dataclass(frozen=True, kw_only=True)
class Labels:
    """Texts of the page: its title, and the messages after a booking and after a refusal.

    `done` has the placeholders `{job}`, `{contractor}` and `{slot}`.
    """

    title: "StrOrPromise"
    done: "StrOrPromise"
    not_done: "StrOrPromise"


@dataclass(frozen=True, kw_only=True)
class Purpose:
    """The action behind the page: assign `job`, or give `booking` to another contractor.

    `book(contractor_id=, start=, override_reason=, window_break_reason=, ranking_token=)` calls the service.
    """

    labels: Labels
    job: Job
    booking: Assignment | None = None
    book: Callable[..., Assignment]

    @property
    def is_open(self) -> bool:
        """Whether the state of the job or the booking allows the action."""
        return self.booking.status in MOVABLE if self.booking else self.job.status == Status.OPEN

    def context(self) -> dict[str, Any]:
        """Context that all templates of the page need."""
        record = self.booking or self.job
        return {
            "title": self.labels.title,
            "subtitle": str(record),
            "original": record,
            "job": self.job,
            "booking": self.booking,
            "back_url": record_url(record, "change"),
            "back_to": str(record),
            "people_url": record_url(self.job, "people"),
            "window": local_slot(self.job.window, self.job.zone) if self.job.window else "",
        }


def ranked_page(request: HttpRequest, admin: ModelAdmin, purpose: Purpose) -> HttpResponse:
    """The page with the ranking of a job, or for htmx the part below the form.

    With a booking, the other contractors are ranked.
    """
    rules = current_rules()
    form = QuestionForm(request.GET.dict(), rules)
    question = form.answers
    job, booking = purpose.job, purpose.booking
    may_break = job.window is not None and may(request, Permission.ASSIGN) and may(request, Permission.BREAK_WINDOW)
    context = {
        **purpose.context(),
        "form": form,
        "question": question,
        "when": local_slot(booking.slot, job.zone) if booking else "",
        "booked": [(assignment, local_slot(assignment.slot, job.zone)) for assignment in live_on(job)],
        "rankable": purpose.is_open,
        "may_assign": may(request, Permission.ASSIGN),
        "may_promise": may(request, Permission.PROMISE_WINDOW),
        "may_break_windows": may_break,
        "customer_notice": customer_notice(job).before if may_break else "",
        "outside_window": may_break and question["outside_window"],
        "change_window_url": record_url(job, "change-window"),
    }
    if purpose.is_open:
        limits = {
            "horizon_days": question["horizon_days"],
            "day": question["day"],
            "booking": booking,
            "outside_window": context["outside_window"],
        }
        context |= ranking(job, rules, max_results=question["max_results"], **limits)
        context |= asked_about(
            job, rules, q=question["q"], reader=person(request), contractor=question["contractor"], **limits
        )
    if getattr(request, "htmx", False):
        response = TemplateResponse(request, "admin/recommendations/ranking_update.html", context)
    else:
        frame = {**admin.admin_site.each_context(request), "opts": admin.opts, "facts": facts(job, person(request))}
        response = TemplateResponse(request, "admin/recommendations/recommend.html", {**frame, **context})
    # Otherwise the browser could show the cached part instead of the page on "back".
    patch_vary_headers(response, ["HX-Request"])
    return response


def choose(request: HttpRequest, admin: ModelAdmin, purpose: Purpose) -> HttpResponse:
    """Handle the POST of a candidate's form: show the confirmation step unless `confirmed` was sent, else book.

    After a booking, redirects to the assignment. After a refusal, redirects to a new ranking with the reason, including
    the event that caused a conflict.
    """
    form = AssignForm(request.POST)
    if not form.is_valid():
        for name, errors in form.errors.items():
            messages.error(request, f"{form[name].label}: {' '.join(map(str, errors))}")
        return redirect(request.get_full_path())
    choice = form.choice
    try:
        if "confirmed" not in request.POST:
            return _confirmation(request, admin, purpose, choice)
        assignment = purpose.book(**asdict(choice))
    except DomainError as refusal:
        return _refused(request, purpose, choice, refusal)
    except ObjectDoesNotExist:
        messages.error(request, gettext("This contractor no longer exists. Choose another one."))
        return redirect(request.get_full_path())
    slot = local_slot(assignment.slot, purpose.job.zone)
    done = str(purpose.labels.done).format(job=purpose.job, contractor=assignment.contractor, slot=slot)
    differs = differs_from_wanted(assignment.slot, JobRequest.of(purpose.job))
    notice = customer_notice(purpose.job).after if assignment.breaks_window else ""
    messages.success(request, " ".join(filter(None, [done, differs, notice])))
    return redirect(way_back(request, record_url(assignment, "change")))


def promise(request: HttpRequest, purpose: Purpose) -> HttpResponse:
    """Handle the POST of an offered arrival window, then show the ranking of the starts in it."""
    require(request, Permission.PROMISE_WINDOW)
    job, form = purpose.job, PromiseForm(request.POST)
    if not form.is_valid():
        messages.error(request, f"{form['promise'].label}: {' '.join(map(str, form['promise'].errors))}")
        return redirect(request.get_full_path())
    try:
        services.promise_window(job_id=job.pk, window=form.window, actor=person(request))
    except DomainError as refusal:
        messages.error(request, gettext("Not promised. {reason}").format(reason=refusal.detail))
    else:
        text = gettext(
            "The customer of {job} is promised an arrival on {window}. Only starts in this window are offered now."
        )
        messages.success(request, text.format(job=job, window=local_slot(form.window, job.zone)))
    return redirect(request.get_full_path())


def _confirmation(request: HttpRequest, admin: ModelAdmin, purpose: Purpose, choice: Choice) -> HttpResponse:
    """The confirmation step as a separate page, for browsers without JavaScript."""
    job, asked = purpose.job, JobRequest.of(purpose.job)
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
        "asks_reason": "override_reason" in request.POST,
        "ranking_token": choice.ranking_token,
        "note": Offers(asked, purpose.booking, contractor).note(slot),
        "breaks_window": (breaks := not asked.allows(choice.start)),
        "window_break_reason": choice.window_break_reason,
        "may_break_windows": may(request, Permission.BREAK_WINDOW),
        "customer_notice": customer_notice(job).before if breaks else "",
    }
    return TemplateResponse(request, "admin/recommendations/confirm.html", context)


def _refused(request: HttpRequest, purpose: Purpose, choice: Choice, refusal: DomainError) -> HttpResponse:
    """Redirect to the existing booking after a double click; else show the reason above a new ranking."""
    present = live_on(purpose.job).first()
    if present and (present.contractor_id, present.slot.start) == (choice.contractor_id, choice.start):
        messages.info(request, gettext("{job} has already been assigned this way.").format(job=purpose.job))
        return redirect(record_url(present, "change"))
    if present and "latest_event" in refusal.extra:
        after: str = _link_to(present)
    else:
        after = gettext("The ranking below is up to date.")
    messages.error(request, format_html("{} {} {}", purpose.labels.not_done, refusal.detail, after))
    return redirect(request.get_full_path())


def live_on(job: Job) -> QuerySet[Assignment]:
    """The live assignment of the job, if any."""
    return Assignment.objects.live().filter(job=job).select_related("job", "contractor")


def _link_to(assignment: Assignment) -> SafeString:
    url = record_url(assignment, "change")
    return format_html('<a class="underline" href="{}">{}</a>', url, gettext("Open the assignment"))
