"""What the admins of the two message queues share: the search, the notice without a mail server, *Send again*."""

from typing import Any, ClassVar

from django.conf import settings
from django.contrib import admin, messages
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from assignments.models import Assignment
from smartscheduler.accounts.permissions import Permission
from smartscheduler.adminsite.changelists import ReadAdmin
from smartscheduler.adminsite.permissions import may, person
from smartscheduler.core.text import LazyText, normalize_search
from smartscheduler.notifications.message_log import PRINTING


class QueuedMessageAdmin(ReadAdmin):
    """Read-only admin of a message queue. Failed messages can be sent again."""

    # Permission to search by recipient, and what happens to emails without a mail server.
    recipients: ClassVar[Permission]
    without_emails: ClassVar[LazyText]

    list_display_links = ("about",)
    search_fields = ("recipient",)  # shows the search box; `search` decides what is searched
    search_help_text = _("Email address, job number, customer or contractor")
    actions = ("send_again",)
    list_before_template = "admin/notifications/list_head.html"

    def requeue(self, request: HttpRequest, failed: QuerySet[Any]) -> int:
        """Queue failed messages again. Returns how many there were."""
        raise NotImplementedError

    def search(self, request: HttpRequest, queryset: QuerySet[Model], search_term: str) -> tuple[QuerySet[Model], bool]:
        """Match each word against the recipient, the job and the contractor, limited to what the user may see."""
        for word in normalize_search(search_term).split():
            matches = Q(assignment__in=Assignment.objects.of_words(word, person(request)).values("pk"))
            if may(request, self.recipients):
                matches |= Q(recipient__icontains=word)
            queryset = queryset.filter(matches)
        return queryset, False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        sends = settings.EMAIL_BACKEND != PRINTING
        context = {"sends_emails": sends, "without_emails": self.without_emails, **(extra_context or {})}
        return super().changelist_view(request, context)

    def has_assign_permission(self, request: HttpRequest) -> bool:
        return may(request, Permission.ASSIGN)

    @admin.action(description=_("Send again"), permissions=["assign"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Queue the failed messages again. All others stay unchanged."""
        if count := self.requeue(request, queryset.filter(state="failed")):
            text = ngettext(
                "{count} message will be sent again in a moment.",
                "{count} messages will be sent again in a moment.",
                count,
            )
            messages.success(request, text.format(count=count))
        else:
            messages.info(request, gettext("None of the selected messages has failed."))
