"""Queries for contractors."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Case, F, Func, Q, Value, When

from smartscheduler.core.db.querysets import EmailQuerySet
from smartscheduler.core.db.text_fields import ascii_lower
from smartscheduler.core.text import fold

if TYPE_CHECKING:
    from contractors.models import Contractor

# Active contractors, then those on leave, then inactive ones, each by name. An index has this order.
LIST_ORDER = (
    Case(When(Q(status="active"), then=Value(0)), When(Q(status="on_leave"), then=Value(1)), default=Value(2)).asc(),
    F("name").asc(),
    F("id").asc(),
)


class ContractorQuerySet(EmailQuerySet["Contractor"]):
    def active(self) -> "ContractorQuerySet":
        return self.filter(status="active")

    def in_business(self) -> "ContractorQuerySet":
        """Contractors who take jobs now or again later."""
        return self.exclude(status="inactive")

    def with_skills(self, skills: Iterable[str]) -> "ContractorQuerySet":
        """Contractors who have all of `skills`; spellings are compared by `fold` (smartscheduler.core.text).

        The array operator compares exact strings, so each skill is first expanded to the spellings in the table.
        """
        keys = {fold(skill) for skill in skills}
        if not keys:
            return self
        contractors = self
        for spellings in _spellings(self.model, keys).values():
            contractors = contractors.filter(skills__overlap=spellings)
        return contractors

    def with_any_skill(self, skills: Iterable[str]) -> "ContractorQuerySet":
        """Contractors who have at least one of `skills`, compared as in `with_skills`."""
        spellings = _spellings(self.model, {fold(skill) for skill in skills}).values()
        return self.filter(skills__overlap=[name for names in spellings for name in names])

    def skill_names(self) -> list[str]:
        """The distinct skills of these contractors, as they are stored, in alphabetical order."""
        each = Func(F("skills"), function="unnest", output_field=models.TextField())
        return sorted(self.order_by().annotate(skill=each).values_list("skill", flat=True).distinct(), key=fold)

    def with_email(self, *addresses: str) -> "ContractorQuerySet":
        """Contractors with these email addresses, ignoring case; uses the index of the unique constraint."""
        return self.with_email_or(addresses, Q())

    def locked(self) -> "ContractorQuerySet":
        """Rows locked against other writers, in the order of their ids so that two transactions cannot deadlock.

        NO KEY: other transactions can still insert rows that refer to these.
        """
        return self.select_for_update(no_key=True, of=("self",)).order_by("pk")

    def same_place_and_name(self, *, name: str, latitude: object, longitude: object) -> "ContractorQuerySet":
        """Likely duplicates: the same name (compared by `fold`) within about ten meters."""
        near = models.Value(0.0001)
        candidates = self.perhaps_named([name]).filter(
            latitude__range=(models.Value(latitude) - near, models.Value(latitude) + near),
            longitude__range=(models.Value(longitude) - near, models.Value(longitude) + near),
        )
        named = candidates.order_by().values_list("pk", "name")
        return self.filter(pk__in=[pk for pk, other in named if fold(other) == fold(name)])

    def perhaps_named(self, names: Iterable[str]) -> "ContractorQuerySet":
        """Superset of the contractors with these names; the caller compares the result by `fold`.

        PostgreSQL folds ASCII names as Python does. Names with other letters are all returned.
        """
        keys = [fold(name) for name in names]
        key = ascii_lower("name")
        return self.alias(name_key=key).filter(models.Q(name_key__in=keys) | ~models.Q(name__regex="^[ -~]*$"))


def _spellings(contractors: type["Contractor"], keys: set[str]) -> dict[str, list[str]]:
    """Stored spellings of the skills with these keys; keys without a match map to an empty list."""
    spellings: dict[str, list[str]] = {key: [] for key in keys}
    for skill in contractors.objects.all().skill_names():
        if (key := fold(skill)) in spellings:
            spellings[key].append(skill)
    return spellings
