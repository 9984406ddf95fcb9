"""Inlines for the working hours and the absences of a contractor."""

from datetime import timedelta
from typing import Any

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline

from contractors.admin.forms import USUAL_WEEK, AbsenceForm, AbsenceFormSet, ShiftForm, ShiftFormSet
from contractors.models import Absence, WorkingHours
from smartscheduler.accounts.visibility import hidden_fields
from smartscheduler.adminsite.service_forms import AskingChoices

# Absences that ended longer ago are not shown.
ABSENCES_SHOWN_FOR = timedelta(days=60)
ABSENCES_A_PAGE = 50


class BoundedInline(TabularInline):
    """Inline that reads at most `max_num` submitted rows, or the number of stored rows if that is larger.

    By default, Django would build up to 1,000 more forms than `max_num` for an oversized request.
    """

    # Foreign key to the record of the page.
    owner = "contractor"

    def get_formset(self, request: HttpRequest, obj: Model | None = None, **kwargs: Any) -> Any:
        most = self.max_num or 0
        if obj and request.method == "POST":
            most = max(most, self.get_queryset(request).filter(**{self.owner: obj}).count())
        return super().get_formset(request, obj, absolute_max=most, **kwargs)


class ShiftInline(AskingChoices, BoundedInline):
    model = WorkingHours
    form, formset = ShiftForm, ShiftFormSet
    extra, max_num = 0, 50
    hide_title = True
    verbose_name, verbose_name_plural = _("shift"), _("Working hours")
    template_before = "admin/contractors/hours.html"
    # Check boxes above the table: number (Sunday is 0), short name, name. Django counts weekdays from Monday.
    week = [((day + 1) % 7, WEEKDAYS_ABBR[day], WEEKDAYS[day]) for day in range(7)]

    class Media:
        js = ("hours.js",)

    def get_extra(self, request: HttpRequest, obj: Model | None = None, **kwargs: Any) -> int:
        return 0 if obj else len(USUAL_WEEK)


class AbsenceInline(BoundedInline):
    model = Absence
    form, formset = AbsenceForm, AbsenceFormSet
    fields = ("start", "end", "kind", "note")
    # A row has seven fields, and a request at most 1,000 (DATA_UPLOAD_MAX_NUMBER_FIELDS).
    extra, max_num = 0, 100
    hide_title = True
    verbose_name_plural = _("Absences")
    template_before = "admin/contractors/absences.html"

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        return [name for name in self.fields if name not in hidden_fields("contractors.absence", request.user)]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Absence]:
        return super().get_queryset(request).filter(period__endswith__gt=timezone.now() - ABSENCES_SHOWN_FOR)
