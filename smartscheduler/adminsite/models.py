"""Saved views: filters, search and order of a list under a name."""

import uuid

from django.conf import settings
from django.core.validators import ProhibitNullCharactersValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from smartscheduler.core.db.text_fields import LineField


class SavedView(models.Model):
    """A user's saved view of one list. `query` is the query string of its URL."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views")
    page = models.CharField(max_length=60, help_text=_("Model of the list, as app.model."))
    name = LineField(max_length=60, validators=[ProhibitNullCharactersValidator()])
    query = models.CharField(max_length=2000)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint("owner", "page", Lower("name"), name="saved_view_one_of_a_name"),
        ]

    def __str__(self) -> str:
        return self.name
