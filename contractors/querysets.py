"""Questions asked of contractors, in the words of the domain."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import F, Func

from smartscheduler.core.db.text_fields import ascii_lower
from smartscheduler.core.email_addresses import contact_key
from smartscheduler.core.text import fold

if TYPE_CHECKING:
    from contractors.models import Contractor


class ContractorQuerySet(models.QuerySet["Contractor"]):
    def active(self) -> "ContractorQuerySet":
        return self.filter(status="active")

    def with_skills(self, skills: Iterable[str]) -> "ContractorQuerySet":
        """Contractors who have every one of `skills`, however these are written (smartscheduler.core.text.fold)."""
        wanted = {fold(skill) for skill in skills}
        if not wanted:
            return self
        found = self
        for spellings in _spellings(self.model, wanted).values():
            found = found.filter(skills__overlap=spellings)
        return found

    def with_email(self, *addresses: str) -> "ContractorQuerySet":
        """The contractors with these addresses, however they are written; by the index that keeps them unique."""
        keys = [contact_key(address) for address in addresses]
        return self.alias(email_key=ascii_lower("email")).filter(email_key__in=keys)

    def locked(self) -> "ContractorQuerySet":
        """The same rows, locked against other writers in the order of their ids; they may still be referred to."""
        return self.select_for_update(no_key=True, of=("self",)).order_by("pk")

    def same_place_and_name(self, *, name: str, latitude: object, longitude: object) -> "ContractorQuerySet":
        """Likely duplicates: the same name, however it is written, within about ten metres."""
        near = models.Value(0.0001)
        candidates = self.perhaps_named([name]).filter(
            latitude__range=(models.Value(latitude) - near, models.Value(latitude) + near),
            longitude__range=(models.Value(longitude) - near, models.Value(longitude) + near),
        )
        named = candidates.order_by().values_list("pk", "name")
        return self.filter(pk__in=[pk for pk, other in named if fold(other) == fold(name)])

    def perhaps_named(self, names: Iterable[str]) -> "ContractorQuerySet":
        """All contractors with these names, however written, and others: the caller compares by `fold`.

        PostgreSQL folds ASCII as Python does; the other names are left to Python.
        """
        keys = [fold(name) for name in names]
        key = ascii_lower("name")
        return self.alias(name_key=key).filter(models.Q(name_key__in=keys) | ~models.Q(name__regex="^[ -~]*$"))


def _spellings(contractors: type["Contractor"], keys: set[str]) -> dict[str, list[str]]:
    """The ways in which skills with these keys are written in the table; each key has an entry."""
    spellings: dict[str, list[str]] = {key: [] for key in keys}
    written = contractors.objects.order_by().annotate(skill=Func(F("skills"), function="unnest"))
    for skill in written.values_list("skill", flat=True).distinct():
        if (key := fold(skill)) in spellings:
            spellings[key].append(skill)
    return spellings
