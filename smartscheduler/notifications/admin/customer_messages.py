"""Read-only admin of the messages to customers. Failed messages can be sent again."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from customers.models import Customer
from smartscheduler.accounts.permissions import Permission
from smartscheduler.adminsite import registry
from smartscheduler.adminsite.html import badge
from smartscheduler.adminsite.permissions import may, person
from smartscheduler.adminsite.registry import Panel
from smartscheduler.core.formatting import local_time
from smartscheduler.notifications.admin.queued_messages import QueuedMessageAdmin
from smartscheduler.notifications.models import CustomerMessage
from smartscheduler.notifications.services import send_again


@admin.register(CustomerMessage)
class CustomerMessageAdmin(QueuedMessageAdmin):
    recipients = Permission.VIEW_CUSTOMERS
    without_emails = _(
        "They are printed into the log of the worker, and nothing leaves this machine. This list shows what would have "
        "been sent."
    )
    list_display = ("about", "state_badge", "who", "recipient", "reason_text", "created", "sent")
    list_filter = ("state", "kind", "reason", "language")
    list_select_related = ("job", "customer")
    ordering = ("-created_at", "-id")
    empty_text = _("Customers with an email address get messages about their appointments. Each one is listed here.")
    fields = readonly_fields = (
        *("about", "state_badge", "reason_text", "who", "recipient", "language", "subject", "body"),
        *("attempts", "error", "created", "due", "sent"),
    )

    def requeue(self, request: HttpRequest, failed: QuerySet[CustomerMessage]) -> int:
        keys = list(failed.values_list("pk", flat=True))
        for key in keys:
            send_again(message_id=key, actor=person(request))
        return len(keys)

    @display(description=_("About"), ordering="created_at")
    def about(self, message: CustomerMessage) -> str:
        return f"{message.get_kind_display()}: {message.job.job_number}"

    @display(description=_("State"), ordering="state")
    def state_badge(self, message: CustomerMessage) -> SafeString:
        return badge(message.state, message.get_state_display())

    @display(description=_("Why not"))
    def reason_text(self, message: CustomerMessage) -> str:
        return message.get_reason_display() if message.reason else "–"

    @display(description=_("Customer"))
    def who(self, message: CustomerMessage) -> str:
        return str(message.customer)

    @display(description=_("Created"), ordering="created_at")
    def created(self, message: CustomerMessage) -> str:
        return local_time(message.created_at, message.job.zone)

    @display(description=_("Due"))
    def due(self, message: CustomerMessage) -> str:
        return local_time(message.due_at, message.job.zone)

    @display(description=_("Sent"))
    def sent(self, message: CustomerMessage) -> str:
        return local_time(message.sent_at, message.job.zone) if message.sent_at else "–"


@registry.notice(Customer)
def emails_come_back(request: HttpRequest, customer: Customer) -> Panel | None:
    """The customer's email address does not work."""
    if not customer.email_bounced or not may(request, Permission.VIEW_CUSTOMERS):
        return None
    return Panel("admin/notifications/bounced.html", {"email": customer.email})
