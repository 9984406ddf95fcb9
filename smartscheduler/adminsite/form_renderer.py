"""Renderer of forms whose widgets are found in the project's templates first."""

from pathlib import Path

from django import forms
from django.conf import settings
from django.forms import renderers
from django.template.backends.django import DjangoTemplates
from django.utils.functional import cached_property


class FormRenderer(renderers.DjangoTemplates):
    """Django's own, which would not let `templates/` override the templates of its widgets.

    Those write attributes in Python: a loop in an included template took more than half of the time of an input.
    """

    @cached_property
    def engine(self) -> DjangoTemplates:
        folders = [settings.BASE_DIR / "templates", Path(forms.__file__).parent / "templates"]
        return DjangoTemplates({"APP_DIRS": True, "DIRS": folders, "NAME": "djangoforms", "OPTIONS": {}})
