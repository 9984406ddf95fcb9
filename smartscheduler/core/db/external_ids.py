"""The number of a record in another system: its `external_id`, unique for each `source`."""

from typing import Any

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from smartscheduler.core.db.text_fields import LineField
from smartscheduler.errors import InvalidInput

LONGEST_ID, LONGEST_SOURCE = 60, 40
# Also a part of a URL.
SOURCE = r"^[a-z0-9]+(-[a-z0-9]+)*\Z"
SOURCE_RULE = _("Enter lower-case letters, digits and hyphens, for example jobber.")


def external_id_field(**options: Any) -> LineField:
    return LineField(
        _("external ID"),
        max_length=LONGEST_ID,
        blank=True,
        default="",
        db_default="",
        help_text=_("The number of this record in another system. Each number can be used once for each source."),
        **options,
    )


def source_field() -> LineField:
    return LineField(
        _("source of the external ID"),
        max_length=LONGEST_SOURCE,
        blank=True,
        default="",
        db_default="",
        validators=[RegexValidator(SOURCE, SOURCE_RULE)],
        help_text=_("The other system, for example jobber. Leave it empty if there is only one."),
    )


def unique_external_id(name: str) -> models.UniqueConstraint:
    """The constraint that a source uses an external ID once. Records without one are not compared."""
    condition = ~models.Q(external_id="")
    return models.UniqueConstraint(fields=["source", "external_id"], condition=condition, name=name)


def check_external_id(record: Any, message: str, *, is_known_new: bool = False) -> None:
    """Raise InvalidInput with `message` if another record has the external ID of `record` from the same source.

    `is_known_new`: the caller has looked, so nothing is read.
    """
    if not record.external_id:
        record.source = ""
        return
    if is_known_new:
        return
    others = type(record)._default_manager.filter(source=record.source, external_id=record.external_id)
    if others.exclude(pk=record.pk).exists():
        raise InvalidInput.of("external_id", message)
