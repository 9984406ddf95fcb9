"""Read-only admin of the event log."""

import json
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from smartscheduler.accounts.models import User
from smartscheduler.adminsite.changelists import ReadAdmin
from smartscheduler.adminsite.date_filters import RecentFilter
from smartscheduler.adminsite.html import badge, in_utc
from smartscheduler.events.models import OutboxEvent
from smartscheduler.events.publishing import Event
from smartscheduler.events.redaction import redact_event


class TypeFilter(admin.SimpleListFilter):
    title, parameter_name = _("type"), "type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """All concrete event types. A query for the distinct types would scan the whole table."""
        return [(name, name) for name, kind in sorted(Event.registry.items()) if not kind.__subclasses__()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[OutboxEvent]) -> QuerySet[OutboxEvent]:
        return queryset.filter(type=self.value()) if self.value() in Event.registry else queryset


class OccurredFilter(RecentFilter):
    title, parameter_name, moment = _("when"), "occurred", "occurred_at"


@admin.register(OutboxEvent)
class OutboxEventAdmin(ReadAdmin):
    list_display = ("order", "type_badge", "about", "who", "occurred")
    list_display_links = ("order", "type_badge")
    list_filter = (TypeFilter, OccurredFilter)
    ordering = ("-position",)
    search_fields = ("sequence",)
    search_help_text = _("Sequence number, job number, or full name of a contractor")
    empty_text = _("Each change of a job, contractor or assignment is an event. The board and API clients follow them.")
    actions = None
    fields = readonly_fields = ("order", "id", "type_badge", "who", "occurred", "request_id", "contents")

    def search(
        self, request: HttpRequest, queryset: QuerySet[OutboxEvent], search_term: str
    ) -> tuple[QuerySet[OutboxEvent], bool]:
        """Match exact values only, which the index on `data` supports."""
        term = search_term.strip()
        if not term:
            return queryset, False
        matches = Q(data__contains={"job_number": term.upper()}) | Q(data__contains={"contractor_name": term})
        if term.isascii() and term.isdigit() and len(term) < 19:
            matches |= Q(sequence=int(term))
        return queryset.filter(matches), False

    def redact_record(self, record: OutboxEvent, reader: User, *, instead: str = "") -> OutboxEvent:
        return redact_event(record, reader)

    @display(description=_("Sequence"), ordering="position")
    def order(self, event: OutboxEvent) -> str:
        return str(event.sequence or gettext("not sent yet"))

    @display(description=_("Type"), ordering="type")
    def type_badge(self, event: OutboxEvent) -> SafeString:
        return badge(event.type, event.type, css_class="as-written")

    @display(description=_("About"))
    def about(self, event: OutboxEvent) -> str:
        return " · ".join(
            str(event.data[name]) for name in ("job_number", "contractor_name", "reason") if event.data.get(name)
        )

    @display(description=_("User"))
    def who(self, event: OutboxEvent) -> str:
        return event.actor.get("name", "") if event.actor else gettext("The system")

    @display(description=_("When"), ordering="occurred_at")
    def occurred(self, event: OutboxEvent) -> SafeString:
        return in_utc(event.occurred_at)

    @display(description=_("Data"))
    def contents(self, event: OutboxEvent) -> SafeString:
        return format_html('<pre class="event-data">{}</pre>', json.dumps(event.data, indent=2, ensure_ascii=False))
