"""The Recommend page of a job: the ranking, from which the user assigns a contractor."""

from functools import partial

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from assignments import services
from jobs.models import Job
from jobs.states import Status
from recommendations.admin.candidate_cards import suggestions
from recommendations.admin.pick_candidate import Labels, Purpose, choose, promise, ranked_page
from smartscheduler.accounts.permissions import Permission
from smartscheduler.adminsite import registry
from smartscheduler.adminsite.buttons import Weight
from smartscheduler.adminsite.permissions import may, person, require
from smartscheduler.adminsite.record_actions import RecordAdmin
from smartscheduler.adminsite.registry import ViewButton, record_url

LABELS = Labels(
    title=_("Recommend"),
    done=_("{job} is assigned to {contractor}: {slot}."),
    not_done=_("Not assigned."),
)
# Characters; no name is longer.
LONGEST_SEARCH = 100


@registry.record_view(
    Job,
    "recommend",
    permission=Permission.RECOMMEND,
    button=ViewButton(
        label=_("Recommend"),
        icon="recommend",
        possible=lambda job: job.status == Status.OPEN,
        main=True,
        weight=Weight.LEADING,
    ),
)
def recommend(request: HttpRequest, job: Job, admin: RecordAdmin) -> HttpResponse:
    """GET: the ranking. POST: promise an offered arrival window; or confirm, then assign a contractor in a slot."""
    book = partial(services.assign_job, job_id=job.pk, actor=person(request))
    purpose = Purpose(labels=LABELS, job=job, book=book)
    if "promise" in request.POST:
        return promise(request, purpose)
    if request.method == "POST":
        require(request, Permission.ASSIGN)
        return choose(request, admin, purpose)
    return ranked_page(request, admin, purpose)


@registry.record_view(Job, "people", permission=Permission.RECOMMEND)
def people(request: HttpRequest, job: Job, admin: RecordAdmin) -> HttpResponse:
    """The contractors whose name or email address contains `?q=`, as options of a list box."""
    q = request.GET.get("q", "").strip()
    is_name = len(q) <= LONGEST_SEARCH and "\x00" not in q  # PostgreSQL does not accept NUL in text
    matches = suggestions(job, q, person(request)) if is_name else []
    return TemplateResponse(request, "admin/recommendations/contractor_options.html", {"people": matches, "q": q})


@registry.page_after_adding(Job)
def ranking_of_new_job(request: HttpRequest, job: Job) -> str:
    """A new job is saved to be booked."""
    return record_url(job, "recommend") if may(request, Permission.RECOMMEND) else ""
