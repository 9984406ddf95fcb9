"""The job page with all that can be done with a job: recommend, assign, cancel."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from assignments import services
from assignments.forms import ReasonForm
from assignments.models import Assignment
from jobs.admin import JobAdmin
from jobs.models import Job
from jobs.requests import JobRequest
from jobs.states import TRANSITIONS, Status
from recommendations.forms import AssignForm, QuestionForm
from recommendations.ranking import rank_all
from recommendations.recommend_page import asked_about, facts, ranking
from smartscheduler.accounts.policy import Permission
from smartscheduler.backoffice.acts import Act, ActsAdmin
from smartscheduler.backoffice.display import local_slot
from smartscheduler.backoffice.people import may, person, require
from smartscheduler.errors import DomainError

CANCEL = Act(
    name="cancel",
    label="Cancel job",
    icon="block",
    question="Cancel {0}? A live assignment is cancelled with it, and its slot becomes free.",
    done="{0} is cancelled.",
    run=lambda job, actor, reason: services.cancel_job(job_id=job.pk, reason=reason, actor=actor),
    allowed=lambda user, job: user.allows(Permission.CANCEL_JOBS),
    possible=lambda job: Status.CANCELLED in TRANSITIONS[job.status],
    form=lambda job: ReasonForm,
    danger=True,
)
RECOMMEND = {"name": "recommend", "label": "Recommend", "icon": "recommend", "main": True}

# Of the open jobs, those wanted first are looked at; more would keep the list waiting.
MOST_LOOKED_AT = 100


class CandidatesFilter(admin.SimpleListFilter):
    """Whether anybody can take an open job."""

    title, parameter_name = "candidates", "candidates"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("some", "Somebody can take it"), ("none", "Nobody can take it")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Job]) -> QuerySet[Job]:
        if self.value() not in {"some", "none"}:
            return queryset
        jobs = list(queryset.filter(status=Status.OPEN).order_by("desired_date", "pk")[:MOST_LOOKED_AT])
        found = rank_all([JobRequest.of(job) for job in jobs], max_results=1) if jobs else []
        wanted = self.value() == "some"
        return queryset.filter(
            pk__in=[job.pk for job, ranking in zip(jobs, found, strict=True) if bool(ranking.entries) == wanted]
        )


admin.site.unregister(Job)


@admin.register(Job)
class BookableJobAdmin(ActsAdmin, JobAdmin):
    acts = (CANCEL,)
    list_display = (*JobAdmin.list_display, "booking")
    list_filter = (*JobAdmin.list_filter, "state", CandidatesFilter)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.recommend_view)
        own = path("<uuid:object_id>/recommend/", view, name=self._route("recommend"))
        return [own, *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Job]:
        live = Assignment.objects.live().select_related("contractor")
        return super().get_queryset(request).prefetch_related(Prefetch("assignments", live, to_attr="live"))

    def buttons(self, request: HttpRequest, record: Job) -> Iterator[dict[str, Any]]:
        if record.status == Status.OPEN and may(request, Permission.RECOMMEND):
            yield {"act": RECOMMEND, "url": self.address("recommend", record), "post": False}
        for assignment in record.live:  # type: ignore[attr-defined]
            act = {"label": f"Assigned to {assignment.contractor.name}", "icon": "event_available", "main": True}
            yield {"act": act, "url": _page_of(assignment), "post": False}
        yield from super().buttons(request, record)

    @display(description="Assigned to")
    def booking(self, job: Job) -> str | SafeString:
        for assignment in job.live:  # type: ignore[attr-defined]
            return _link(_page_of(assignment), assignment.contractor.name)
        if job.status == Status.OPEN:
            return _link(self.address("recommend", job), "Recommend")
        return "–"

    def recommend_view(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """GET shows the ranking; POST assigns one contractor to one slot and goes on to the assignment."""
        job = self.record_or_404(request, object_id)
        require(request, Permission.RECOMMEND)
        if request.method == "POST":
            return self._assign(request, job)
        return self._recommend_page(request, job)

    def _assign(self, request: HttpRequest, job: Job) -> HttpResponse:
        require(request, Permission.ASSIGN)
        form = AssignForm(request.POST)
        if not form.is_valid():
            for name, found in form.errors.items():
                messages.error(request, f"{name.replace('_', ' ').capitalize()}: {' '.join(map(str, found))}")
            return redirect(request.get_full_path())
        wanted = form.cleaned_data
        try:
            assignment = services.assign_job(
                job_id=job.pk,
                contractor_id=wanted["contractor"],
                start=wanted["start"],
                override_reason=wanted["override_reason"],
                actor=person(request),
            )
        except DomainError as refusal:
            return self._refused(request, job, wanted, refusal)
        except ObjectDoesNotExist:
            messages.error(request, "That contractor is no longer there.")
            return redirect(request.get_full_path())
        when = local_slot(assignment.slot, job.zone)
        messages.success(request, f"{job} is assigned to {assignment.contractor}: {when}.")
        return redirect(_page_of(assignment))

    def _refused(self, request: HttpRequest, job: Job, wanted: dict[str, Any], refusal: DomainError) -> HttpResponse:
        """The same click twice is one booking; anything else shows why, above a ranking made anew."""
        live = Assignment.objects.live().filter(job=job, contractor=wanted["contractor"])
        done = live.filter(time_slot__startswith=wanted["start"]).first()
        if done:
            messages.info(request, f"{job} has already been assigned this way.")
            return redirect(_page_of(done))
        messages.error(request, f"Not assigned. {refusal.detail} The ranking below is as things stand now.")
        return redirect(request.get_full_path())

    def _recommend_page(self, request: HttpRequest, job: Job) -> HttpResponse:
        # With nothing given, the form is shown with its defaults.
        form = QuestionForm({**QuestionForm.usual(), "contractor": "", "day": "", **request.GET.dict()})
        question = form.answers
        context = {
            **self.admin_site.each_context(request),
            "title": "Recommend",
            "subtitle": str(job),
            "opts": self.opts,
            "job": job,
            "original": job,
            "facts": facts(job),
            "form": form,
            "question": question,
            "may_assign": may(request, Permission.ASSIGN),
            "booked": [
                (assignment, _page_of(assignment), local_slot(assignment.slot, job.zone))
                for assignment in job.live  # type: ignore[attr-defined]
            ],
        }
        if job.status == Status.OPEN:
            limits = {name: question[name] for name in ("horizon_days", "day")}
            context |= ranking(job, max_results=question["max_results"], **limits)
            context |= asked_about(job, q=question["q"], contractor=question["contractor"], **limits)
        return TemplateResponse(request, "admin/recommendations/recommend.html", context)


def _page_of(assignment: Assignment) -> str:
    return reverse("admin:assignments_assignment_change", args=[assignment.pk])


def _link(url: str, text: str) -> SafeString:
    return format_html('<a class="text-link underline" href="{}">{}</a>', url, text)
