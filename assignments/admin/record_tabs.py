"""Content of the tabs of assignments and ratings, for the pages of contractors and customers."""

from collections.abc import Iterable

from django.db.models import Model
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext

from assignments.admin.rows import MOVES, lines
from assignments.querysets import AssignmentQuerySet
from contractors.models import Rating
from jobs.models import Job
from smartscheduler.accounts.models import User
from smartscheduler.accounts.visibility import redact_record
from smartscheduler.adminsite.permissions import person
from smartscheduler.adminsite.registry import record_url
from smartscheduler.adminsite.tabs import Tab, page_of


def assignments_tab(request: HttpRequest, record: Model, rows: AssignmentQuerySet) -> Tab:
    """The tab of the assignments `rows` on the page of `record`; the next live ones come first."""
    page = page_of(request, "assignments", rows.next_first(timezone.now()))
    back = f"{record_url(record, 'change')}#assignments"
    return Tab(
        name="assignments",
        title=gettext("Assignments"),
        template="admin/assignments/assignments_panel.html",
        context={"page": page, "lines": lines(page, person(request), back, ("confirm", *MOVES))},
        count=page.paginator.count,
    )


def ratings_with_jobs(ratings: Iterable[Rating], reader: User) -> list[tuple[Model, Job | None]]:
    """Each rating as `reader` may see it, with its job, or None if there is none."""
    jobs = Job.objects.in_bulk([rating.job_id for rating in ratings if rating.job_id])
    return [(redact_record(rating, reader), jobs.get(rating.job_id) if rating.job_id else None) for rating in ratings]
