"""The messages to a customer on the pages of customers, jobs and assignments."""

from django.http import HttpRequest
from django.utils.translation import gettext

from assignments.models import Assignment
from customers.models import Customer
from jobs.models import Job
from smartscheduler.adminsite import registry
from smartscheduler.adminsite.permissions import person
from smartscheduler.adminsite.registry import Panel
from smartscheduler.adminsite.tabs import Tab, page_of
from smartscheduler.notifications.message_log import log_of, log_of_job
from smartscheduler.notifications.models import CustomerMessage


@registry.tab(Customer)
def messages(request: HttpRequest, customer: Customer) -> Tab:
    """All messages to the customer, latest first."""
    rows = CustomerMessage.objects.filter(customer=customer.pk).select_related("job").latest_first()
    page = page_of(request, "messages", rows)
    context = {"page": page, "log": log_of(page, person(request))}
    template = "admin/notifications/messages_tab.html"
    return Tab(name="messages", title=gettext("Messages"), template=template, context=context)


@registry.notice(Job)
def messages_of_job(request: HttpRequest, job: Job) -> Panel | None:
    """The messages about the job, or whether its customer gets any."""
    log = log_of_job(job, person(request))
    return Panel("admin/notifications/message_log.html", {"log": log}) if log.lines or log.outlook else None


@registry.notice(Assignment)
def messages_of_assignment(request: HttpRequest, assignment: Assignment) -> Panel | None:
    """The messages about the job of the assignment."""
    return messages_of_job(request, assignment.job)
