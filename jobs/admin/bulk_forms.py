"""Forms of the actions on selected jobs."""

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget

from jobs.models import Job
from smartscheduler.adminsite.form_fields import DayField


class PriorityForm(forms.Form):
    priority = forms.ChoiceField(label=_("Priority"), choices=Job.Priority.choices, widget=UnfoldAdminSelectWidget)


class DayForm(forms.Form):
    day = DayField(label=_("New day"), help_text=_("For example tomorrow, Mon or 12/3."))
