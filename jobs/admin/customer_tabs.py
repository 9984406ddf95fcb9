"""Tab of the customer page: all jobs of the customer, the latest desired date first."""

from django.http import HttpRequest
from django.utils.translation import gettext

from customers.models import Customer
from smartscheduler.accounts.visibility import redact_record
from smartscheduler.adminsite import registry
from smartscheduler.adminsite.permissions import person
from smartscheduler.adminsite.tabs import Tab, page_of


@registry.tab(Customer)
def jobs(request: HttpRequest, customer: Customer) -> Tab:
    page = page_of(request, "jobs", customer.jobs.order_by("-desired_date", "pk"))
    return Tab(
        name="jobs",
        title=gettext("Jobs"),
        template="admin/jobs/customer_jobs.html",
        context={"page": page, "jobs": [redact_record(job, person(request)) for job in page]},
        count=page.paginator.count,
    )
