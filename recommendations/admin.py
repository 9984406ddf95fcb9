"""The job page with all that can be done with a job, and assignments that can go to somebody else of the ranking."""

from collections.abc import Iterator
from functools import partial
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from assignments import services
from assignments.acts import freed_by, is_movable
from assignments.admin import AssignmentAdmin
from assignments.forms import ReasonForm
from assignments.models import Assignment
from jobs.admin import JobAdmin
from jobs.models import Job
from jobs.states import TRANSITIONS, Status
from recommendations.choosing import choose, live_on, page_of, ranked_page
from recommendations.recommend_page import suggestions
from recommendations.stuck import looked_at
from smartscheduler.accounts.policy import Permission
from smartscheduler.backoffice.acts import Act, ActsAdmin
from smartscheduler.backoffice.people import may, person, require
from smartscheduler.backoffice.returning import returning
from smartscheduler.rules.current import current_rules


def what_follows(job: Job) -> list[str]:
    """What cancelling a job brings about."""
    live = live_on(job).first()
    final = "A cancelled job stays as history and cannot be opened again."
    if live is None:
        return ["Nobody is booked on it.", final]
    return [*freed_by(live), f"{final} To find somebody else for it, cancel or reassign the assignment alone."]


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
    consequences=what_follows,
    danger=True,
)
RECOMMEND = {"name": "recommend", "label": "Recommend", "icon": "recommend", "main": True}
CUSTOMER = {"name": "personal-data", "label": "Personal data", "icon": "shield_person"}
REASSIGN = {"name": "reassign", "label": "Reassign", "icon": "swap_horiz"}


class CandidatesFilter(admin.SimpleListFilter):
    """Whether anybody can take an open job."""

    title, parameter_name = "candidates", "candidates"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("some", "Somebody can take it"), ("none", "Nobody can take it")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Job]) -> QuerySet[Job]:
        if self.value() not in {"some", "none"}:
            return queryset
        wanted = self.value() == "some"
        found = [job.pk for job, ranking in looked_at(queryset, current_rules()) if bool(ranking.entries) == wanted]
        return queryset.filter(pk__in=found)


admin.site.unregister(Job)


@admin.register(Job)
class BookableJobAdmin(ActsAdmin, JobAdmin):
    acts = (CANCEL,)
    list_display = (*JobAdmin.list_display, "booking")
    list_filter = (*JobAdmin.list_filter, CandidatesFilter, "state")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path("<uuid:object_id>/recommend/", view(self.recommend_view), name=self._route("recommend")),
            path("<uuid:object_id>/people/", view(self.people_view), name=self._route("people")),
        ]
        return [*own, *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Job]:
        live = Assignment.objects.live().select_related("contractor", "job")
        return super().get_queryset(request).prefetch_related(Prefetch("assignments", live, to_attr="live"))

    def buttons(self, request: HttpRequest, record: Job) -> Iterator[dict[str, Any]]:
        if record.status == Status.OPEN and may(request, Permission.RECOMMEND):
            yield {"act": RECOMMEND, "url": self.address("recommend", record), "post": False}
        for assignment in record.live:  # type: ignore[attr-defined]
            act = {"label": f"Assigned to {assignment.contractor.name}", "icon": "event_available", "main": True}
            yield {"act": act, "url": page_of(assignment), "post": False}
            # What can be done with the booking, from here and back to here.
            listed: Any = self.admin_site._registry[Assignment]
            for button in listed.buttons(request, assignment):
                yield {**button, "url": returning(button["url"], self.address("change", record))}
        yield from super().buttons(request, record)
        if may(request, Permission.MANAGE_PERSONAL_DATA) and (record.customer_name or record.customer_phone):
            of = {"name": record.customer_name, "phone": record.customer_phone}
            yield {"act": CUSTOMER, "url": f"{reverse('personal-data')}?{urlencode(of)}", "post": False}

    @display(description="Assigned to")
    def booking(self, job: Job) -> str | SafeString:
        for assignment in job.live:  # type: ignore[attr-defined]
            return _link(page_of(assignment), assignment.contractor.name)
        if job.status == Status.OPEN:
            return _link(self.address("recommend", job), "Recommend", label=f"Recommend for {job.job_number}")
        return "–"

    def recommend_view(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """GET shows the ranking; POST asks again, then assigns one contractor to one slot."""
        job = self.record_or_404(request, object_id)
        require(request, Permission.RECOMMEND)
        words = {
            "title": "Recommend",
            "subtitle": str(job),
            "original": job,
            "verb": "Assign",
            "done": "is assigned to",
            "not_done": "Not assigned.",
            "back_to": (self.address("change", job), job.job_number),
            "people_url": self.address("people", job),
        }
        if request.method == "POST":
            require(request, Permission.ASSIGN)
            book = partial(services.assign_job, job_id=job.pk, actor=person(request))
            return choose(request, self, job, book=lambda wanted: book(**_named(wanted)), words=words)
        return ranked_page(request, self, job, booking=None, words=words)

    def people_view(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Whom somebody who types `?q=` may mean, as options of a list box."""
        job = self.record_or_404(request, object_id)
        require(request, Permission.RECOMMEND)
        # What is too long or has a NUL in it is nobody's name.
        q = request.GET.get("q", "").strip()
        found = suggestions(job, q, person(request)) if len(q) <= 100 and "\x00" not in q else []
        return TemplateResponse(request, "admin/recommendations/people.html", {"people": found, "q": q})


admin.site.unregister(Assignment)


@admin.register(Assignment)
class RankedAssignmentAdmin(AssignmentAdmin):
    """Assignments that can be given to somebody else, chosen from the ranking of their job."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.reassign_view)
        return [path("<uuid:object_id>/reassign/", view, name=self._route("reassign")), *super().get_urls()]

    def moves(self, request: HttpRequest, record: Assignment) -> Iterator[dict[str, Any]]:
        yield from super().moves(request, record)
        if is_movable(record) and may(request, Permission.ASSIGN):
            yield {"act": REASSIGN, "url": self.address("reassign", record), "post": False}

    def reassign_view(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """GET ranks the others for the job; POST asks again, then gives it to one of them."""
        booking = self.record_or_404(request, object_id)
        require(request, Permission.ASSIGN)
        job = booking.job
        words = {
            "title": "Reassign",
            "booking": booking,
            "subtitle": str(booking),
            "original": booking,
            "verb": "Reassign to",
            "done": "is reassigned to",
            "not_done": "Not reassigned.",
            "back_to": (self.address("change", booking), str(booking)),
            "people_url": reverse("admin:jobs_job_people", args=[job.pk]),
        }
        if request.method == "POST":
            book = partial(services.reassign_assignment, assignment_id=booking.pk, actor=person(request))
            return choose(request, self, job, book=lambda wanted: book(**_named(wanted)), words=words)
        return ranked_page(request, self, job, booking=booking, words=words)


def _named(wanted: dict[str, Any]) -> dict[str, Any]:
    """The values of a chosen candidate as the services call them."""
    return {
        "contractor_id": wanted["contractor"],
        "start": wanted["start"],
        "override_reason": wanted["override_reason"],
    }


def _link(url: str, text: str, *, label: str = "") -> SafeString:
    return format_html('<a class="text-link underline" href="{}" aria-label="{}">{}</a>', url, label or text, text)
