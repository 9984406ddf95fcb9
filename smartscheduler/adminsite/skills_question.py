"""Question about skills that are almost spelled like known ones, before a form is saved."""

from collections.abc import Collection
from typing import Any, ClassVar, cast

from django import forms
from django.http import QueryDict
from django.utils.translation import ngettext

from smartscheduler.adminsite.entry_previews import question, unknown_skills
from smartscheduler.adminsite.location_forms import PlaceForm
from smartscheduler.core.db.text_fields import LineFormField


class SkillsQuestionForm(PlaceForm):
    """Form whose skills need a second click on Save if they are almost spelled like known ones."""

    skills_name: ClassVar[str]
    # The unknown skills that the previous page has asked about.
    skills_asked = LineFormField(required=False, max_length=2_000, widget=forms.HiddenInput)

    def known_skills(self) -> Collection[str]:
        raise NotImplementedError

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        asked = values.pop("skills_asked", "")
        if self.skills_name in self.changed_data and self.skills_name in values:
            self._ask_about_skills(values[self.skills_name], asked)
        return values

    def _ask_about_skills(self, names: list[str], asked: str) -> None:
        misspelled = [(name, similar) for name, similar in unknown_skills(names, self.known_skills()) if similar]
        answer = ", ".join(name for name, _similar in misspelled)
        if not misspelled or asked == answer:
            return
        keep = ngettext("To keep it anyway, save again.", "To keep them anyway, save again.", len(misspelled))
        self.add_error(self.skills_name, " ".join([*(question(*pair) for pair in misspelled), keep]))
        self.data = cast(QueryDict, self.data).copy()
        self.data["skills_asked"] = answer
