"""Contractor types: the kind of work that a contractor does."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Type(models.TextChoices):
    """Type of a contractor. A contractor of type `multi` can do jobs of every type."""

    FLOORING = "flooring", _("Flooring")
    TILE = "tile", _("Tile")
    CARPET = "carpet", _("Carpet")
    MULTI = "multi", _("Multi")
