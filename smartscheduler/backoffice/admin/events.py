"""The event log in the admin, to be read."""

import json
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from smartscheduler.accounts.models import User
from smartscheduler.adminsite.changelists import ReadAdmin
from smartscheduler.adminsite.date_filters import RecentFilter
from smartscheduler.adminsite.html import badge, in_utc
from smartscheduler.events.models import OutboxEvent
from smartscheduler.events.publishing import Event
from smartscheduler.events.redaction import redact_event


class TypeFilter(admin.SimpleListFilter):
    title, parameter_name = "type", "type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Every type that can happen with data of its own; asking the table would read all of it."""
        return [(name, name) for name, kind in sorted(Event.registry.items()) if not kind.__subclasses__()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[OutboxEvent]) -> QuerySet[OutboxEvent]:
        return queryset.filter(type=self.value()) if self.value() in Event.registry else queryset


class OccurredFilter(RecentFilter):
    title, parameter_name, moment = "when", "occurred", "occurred_at"


@admin.register(OutboxEvent)
class OutboxEventAdmin(ReadAdmin):
    list_display = ("order", "type_badge", "about", "who", "occurred")
    list_display_links = ("order", "type_badge")
    list_filter = (TypeFilter, OccurredFilter)
    ordering = ("-position",)
    search_fields = ("sequence",)
    search_help_text = "Sequence number, job number or contractor's full name"
    actions = None
    fields = readonly_fields = ("order", "id", "type_badge", "who", "occurred", "request_id", "contents")

    def search(
        self, request: HttpRequest, queryset: QuerySet[OutboxEvent], search_term: str
    ) -> tuple[QuerySet[OutboxEvent], bool]:
        """Exact matches, which the index on `data` answers."""
        term = search_term.strip()
        if not term:
            return queryset, False
        found = Q(data__contains={"job_number": term.upper()}) | Q(data__contains={"contractor_name": term})
        if term.isascii() and term.isdigit() and len(term) < 19:
            found |= Q(sequence=int(term))
        return queryset.filter(found), False

    def redact_record(self, record: OutboxEvent, reader: User, *, instead: str = "") -> OutboxEvent:
        return redact_event(record, reader)

    @display(description="Sequence", ordering="position")
    def order(self, event: OutboxEvent) -> str:
        return str(event.sequence or "not sent yet")

    @display(description="Type", ordering="type")
    def type_badge(self, event: OutboxEvent) -> SafeString:
        return badge(event.type, event.type, css_class="as-written")

    @display(description="About")
    def about(self, event: OutboxEvent) -> str:
        return " · ".join(
            str(event.data[name]) for name in ("job_number", "contractor_name", "reason") if event.data.get(name)
        )

    @display(description="Actor")
    def who(self, event: OutboxEvent) -> str:
        return event.actor.get("name", "") if event.actor else "the system"

    @display(description="When (UTC)", ordering="occurred_at")
    def occurred(self, event: OutboxEvent) -> SafeString:
        return in_utc(event.occurred_at)

    @display(description="Data")
    def contents(self, event: OutboxEvent) -> SafeString:
        return format_html('<pre class="event-data">{}</pre>', json.dumps(event.data, indent=2, ensure_ascii=False))
