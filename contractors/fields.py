"""Model field for a set of skills."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.expressions import Combinable

from smartscheduler.core.db.model_fields import SchemaField
from smartscheduler.core.text import UnsuitableText, fold, one_line

if TYPE_CHECKING:
    StringArrayField = ArrayField[Sequence[str] | Combinable, list[str]]
else:
    StringArrayField = ArrayField


class SkillsField(SchemaField, StringArrayField):
    """Array of skill names in normal form, sorted and without duplicates (smartscheduler.core.text)."""

    def to_python(self, value: object) -> object:
        skills = super().to_python(value)
        return normal_skills(skills) if isinstance(skills, list) else skills

    def pre_save(self, model_instance: models.Model, add: bool) -> object:
        try:
            skills = normal_skills(getattr(model_instance, self.attname) or [])
        except ValidationError as refusal:
            raise ValidationError({self.name: refusal.messages}) from refusal
        setattr(model_instance, self.attname, skills)
        return skills

    def django_path(self) -> str:
        return "django.contrib.postgres.fields.ArrayField"


def normal_skills(skills: Iterable[object]) -> list[str]:
    """Skill names in alphabetical order, without empty names and duplicates.

    Two spellings with the same `fold` are duplicates; the first one is kept. Raises ValidationError for names with line
    breaks or invisible characters.
    """
    try:
        names = [one_line(str(skill)) for skill in skills]
    except UnsuitableText as refusal:
        raise ValidationError(str(refusal), code="invalid") from refusal
    # Reversed, so that the first of several spellings overwrites the later ones.
    by_key = {fold(name): name for name in reversed(names)}
    return sorted((name for name in by_key.values() if name), key=fold)
