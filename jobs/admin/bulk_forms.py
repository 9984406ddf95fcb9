"""Forms of the actions on selected jobs."""

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from jobs.models import Job
from smartscheduler.core.rest.filters import CalendarDayField


class PriorityForm(forms.Form):
    priority = forms.ChoiceField(label=_("Priority"), choices=Job.Priority.choices, widget=UnfoldAdminSelectWidget)


class DayForm(forms.Form):
    day = CalendarDayField(label=_("New day"), widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}))
