"""Skills: a set of names, as a column."""

from collections.abc import Iterable

from django.contrib.postgres.fields import ArrayField
from django.db import models


class SkillsField(ArrayField):
    """A set of names, kept trimmed, sorted and without repeats (whatever their case)."""

    def to_python(self, value: object) -> object:
        skills = super().to_python(value)
        return normal_skills(skills) if isinstance(skills, list) else skills

    def pre_save(self, model_instance: models.Model, add: bool) -> object:
        skills = normal_skills(getattr(model_instance, self.attname) or [])
        setattr(model_instance, self.attname, skills)
        return skills


def normal_skills(skills: Iterable[object]) -> list[str]:
    """Names without surrounding blanks, empty ones and repeats, in alphabetical order."""
    named = {str(skill).strip().lower(): str(skill).strip() for skill in reversed(list(skills))}
    return sorted((name for name in named.values() if name), key=str.lower)
