"""Read-only admin of the messages to customers. Failed messages can be sent again."""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from assignments.models import Assignment
from customers.models import Customer
from smartscheduler.accounts.permissions import Permission
from smartscheduler.adminsite import registry
from smartscheduler.adminsite.changelists import ReadAdmin
from smartscheduler.adminsite.html import badge
from smartscheduler.adminsite.permissions import may, person
from smartscheduler.adminsite.registry import Panel
from smartscheduler.core.formatting import local_time
from smartscheduler.core.text import normalize_search
from smartscheduler.notifications.message_log import PRINTING
from smartscheduler.notifications.models import CustomerMessage
from smartscheduler.notifications.services import send_again


@admin.register(CustomerMessage)
class CustomerMessageAdmin(ReadAdmin):
    list_display = ("about", "state_badge", "who", "recipient", "reason_text", "created", "sent")
    list_display_links = ("about",)
    list_filter = ("state", "kind", "reason", "language")
    list_select_related = ("job", "customer")
    ordering = ("-created_at", "-id")
    search_fields = ("recipient",)  # shows the search box; `search` decides what is searched
    search_help_text = _("Email address, job number, customer or contractor")
    empty_text = _("Customers with an email address get messages about their appointments. Each one is listed here.")
    actions = ("send_again",)
    list_before_template = "admin/notifications/customer_list_head.html"
    fields = readonly_fields = (
        *("about", "state_badge", "reason_text", "who", "recipient", "language", "subject", "body"),
        *("attempts", "error", "created", "due", "sent"),
    )

    def search(
        self, request: HttpRequest, queryset: QuerySet[CustomerMessage], search_term: str
    ) -> tuple[QuerySet[CustomerMessage], bool]:
        """Match each word against the recipient and the job, limited to what the user may see."""
        for word in normalize_search(search_term).split():
            matches = Q(assignment__in=Assignment.objects.of_words(word, person(request)).values("pk"))
            if may(request, Permission.VIEW_CUSTOMERS):
                matches |= Q(recipient__icontains=word)
            queryset = queryset.filter(matches)
        return queryset, False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        sends = settings.EMAIL_BACKEND != PRINTING
        return super().changelist_view(request, {"sends_emails": sends, **(extra_context or {})})

    def has_assign_permission(self, request: HttpRequest) -> bool:
        return may(request, Permission.ASSIGN)

    @admin.action(description=_("Send again"), permissions=["assign"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[CustomerMessage]) -> None:
        """Queue the failed messages again. All others stay unchanged."""
        failed = list(queryset.filter(state=CustomerMessage.State.FAILED).values_list("pk", flat=True))
        for key in failed:
            send_again(message_id=key, actor=person(request))
        if failed:
            text = ngettext(
                "{count} message will be sent again in a moment.",
                "{count} messages will be sent again in a moment.",
                len(failed),
            )
            messages.success(request, text.format(count=len(failed)))
        else:
            messages.info(request, gettext("None of the selected messages has failed."))

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
