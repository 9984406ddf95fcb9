"""Questions asked of contractors, in the words of the domain."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Cast, Lower

if TYPE_CHECKING:
    from contractors.models import Contractor  # noqa: F401


class ContractorQuerySet(models.QuerySet["Contractor"]):
    def active(self) -> "ContractorQuerySet":
        return self.filter(status="active")

    def with_skills(self, skills: Iterable[str]) -> "ContractorQuerySet":
        """Contractors who have every one of `skills`, whatever the case."""
        wanted = [skill.lower() for skill in skills]
        if not wanted:
            return self
        # An array has no lower(); its text form has, and casts back.
        text_array = ArrayField(models.TextField())
        lowered = Cast(Lower(Cast("skills", models.TextField())), text_array)
        return self.annotate(lowered_skills=lowered).filter(lowered_skills__contains=wanted)  # type: ignore[misc]  # an annotation the stubs take for text

    def with_email(self, *addresses: str) -> "ContractorQuerySet":
        """The contractors with these addresses, whatever the case; by the index that keeps them unique."""
        lowered = [Lower(models.Value(address)) for address in addresses]
        return self.alias(lowered_email=Lower("email")).filter(lowered_email__in=lowered)

    def locked(self) -> "ContractorQuerySet":
        """The same rows, locked against other writers in the order of their ids; they may still be referred to."""
        return self.select_for_update(no_key=True, of=("self",)).order_by("pk")

    def same_place_and_name(self, *, name: str, latitude: object, longitude: object) -> "ContractorQuerySet":
        """Likely duplicates: the same name, whatever its case, within about ten metres."""
        near = models.Value(0.0001)
        return self.filter(
            name__iexact=name.strip(),
            latitude__range=(models.Value(latitude) - near, models.Value(latitude) + near),
            longitude__range=(models.Value(longitude) - near, models.Value(longitude) + near),
        )
