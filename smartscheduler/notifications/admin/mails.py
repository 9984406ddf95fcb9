"""Read-only admin of the messages to contractors. Failed messages can be sent again."""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from assignments.models import Assignment
from smartscheduler.accounts.permissions import Permission
from smartscheduler.adminsite.changelists import ReadAdmin
from smartscheduler.adminsite.html import badge, in_utc
from smartscheduler.adminsite.permissions import may, person
from smartscheduler.core.text import normalize_search
from smartscheduler.notifications.message_log import PRINTING
from smartscheduler.notifications.models import Mail


@admin.register(Mail)
class MailAdmin(ReadAdmin):
    list_display = ("about", "state_badge", "contractor", "recipient", "attempts", "noted")
    list_display_links = ("about",)
    list_filter = ("state", "kind")
    list_select_related = ("assignment__job", "assignment__contractor")
    ordering = ("-created_at",)
    search_fields = ("recipient",)  # shows the search box; `search` decides what is searched
    search_help_text = _("Email address, job number, customer or contractor")
    empty_text = _("Contractors get an email when they are booked, moved or canceled. Each email is listed here.")
    actions = ("send_again",)
    list_before_template = "admin/notifications/list_head.html"
    fields = readonly_fields = (
        *("about", "state_badge", "contractor", "recipient", "subject", "reason"),
        *("assignment", "revision", "attempts", "error", "noted", "due", "sent"),
    )

    def search(self, request: HttpRequest, queryset: QuerySet[Mail], search_term: str) -> tuple[QuerySet[Mail], bool]:
        """Match each word against the recipient, the job and the contractor, limited to what the user may see."""
        for word in normalize_search(search_term).split():
            about = Assignment.objects.of_words(word, person(request)).values("pk")
            matches = Q(assignment__in=about)
            if may(request, Permission.VIEW_CONTACTS):
                matches |= Q(recipient__icontains=word)
            queryset = queryset.filter(matches)
        return queryset, False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        sends = settings.EMAIL_BACKEND != PRINTING
        return super().changelist_view(request, {"sends_emails": sends, **(extra_context or {})})

    def has_assign_permission(self, request: HttpRequest) -> bool:
        return may(request, Permission.ASSIGN)

    @admin.action(description=_("Send again"), permissions=["assign"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Mail]) -> None:
        """Queue the failed messages again. Sent and waiting messages stay unchanged."""
        failed = list(queryset.filter(state=Mail.State.FAILED))
        for mail in failed:
            mail.send_again(at=timezone.now())
            mail.save()
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
    def about(self, mail: Mail) -> str:
        return f"{mail.get_kind_display()}: {mail.assignment.job.job_number}"

    @display(description=_("State"), ordering="state")
    def state_badge(self, mail: Mail) -> SafeString:
        return badge(mail.state, mail.get_state_display())

    @display(description=_("Contractor"))
    def contractor(self, mail: Mail) -> str:
        return mail.assignment.contractor.name

    @display(description=_("Created"), ordering="created_at")
    def noted(self, mail: Mail) -> SafeString:
        return in_utc(mail.created_at)

    @display(description=_("Due"))
    def due(self, mail: Mail) -> SafeString | str:
        return in_utc(mail.due_at) if mail.due_at else "–"

    @display(description=_("Sent"))
    def sent(self, mail: Mail) -> SafeString | str:
        return in_utc(mail.sent_at) if mail.sent_at else "–"
