"""Read-only admin of the messages to contractors. Failed messages can be sent again."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from smartscheduler.accounts.permissions import Permission
from smartscheduler.adminsite.html import badge, in_utc
from smartscheduler.adminsite.permissions import person
from smartscheduler.notifications.admin.queued_messages import QueuedMessageAdmin
from smartscheduler.notifications.models import Mail
from smartscheduler.notifications.services import send_mail_again


@admin.register(Mail)
class MailAdmin(QueuedMessageAdmin):
    recipients = Permission.VIEW_CONTACTS
    without_emails = _(
        "They are printed into the log of the worker. With a mail server, contractors get an email with a calendar "
        "entry when they are booked, moved, or canceled."
    )
    list_display = ("about", "state_badge", "contractor", "recipient", "attempts", "noted")
    list_filter = ("state", "kind")
    list_select_related = ("assignment__job", "assignment__contractor")
    ordering = ("-created_at",)
    empty_text = _("Contractors get an email when they are booked, moved or canceled. Each email is listed here.")
    fields = readonly_fields = (
        *("about", "state_badge", "contractor", "recipient", "subject", "reason"),
        *("assignment", "revision", "attempts", "error", "noted", "due", "sent"),
    )

    def requeue(self, request: HttpRequest, failed: QuerySet[Mail]) -> int:
        keys = list(failed.values_list("pk", flat=True))
        for key in keys:
            send_mail_again(mail_id=key, actor=person(request))
        return len(keys)

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
