"""Helpers for admin pages: form fields with their present values."""

from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.contrib.auth import login
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.test import Client

from smartscheduler.accounts.permissions import Role
from smartscheduler.accounts.session_store import SessionStore
from tests.factories import UserFactory

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse

    # With what the test client adds to a response: a class of the type stubs only.
    PageResponse: TypeAlias = _MonkeyPatchedWSGIResponse
else:
    PageResponse = HttpResponse


def model_admins() -> dict[type[Model], "admin.ModelAdmin[Any]"]:
    """The ModelAdmin of each model that has pages in the admin."""
    return {model: admin.site.get_model_admin(model) for model in apps.get_models() if admin.site.is_registered(model)}


class Fields(HTMLParser):
    """The successful controls of one form, by name, as the browser would send them."""

    def __init__(self, form_id: str) -> None:
        super().__init__()
        self.form_id, self.inside = form_id, False
        self.values: dict[str, Any] = {}
        self.select = self.textarea = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.inside = attributes.get("id") == self.form_id
        elif self.inside and "name" in attributes:
            self.control(tag, attributes, attributes["name"])
        elif self.inside and tag == "option" and self.select and "selected" in attributes:
            self.values[self.select] = attributes.get("value", "")

    def control(self, tag: str, attributes: dict[str, str], name: str) -> None:
        if tag == "input" and attributes.get("type") in {"checkbox", "radio"}:
            if "checked" in attributes:
                self.values[name] = attributes.get("value", "on")
        elif tag == "input" and attributes.get("type") not in {"submit", "button"}:
            self.values[name] = attributes.get("value", "")
        elif tag == "select":
            self.select, self.values[name] = name, ""
        elif tag == "textarea":
            self.textarea, self.values[name] = name, ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        elif tag == "select":
            self.select = ""
        elif tag == "textarea":
            self.textarea = ""

    def handle_data(self, data: str) -> None:
        if self.textarea:
            self.values[self.textarea] += data.strip()


def fields(client: Client, url: str, form_id: str) -> dict[str, Any]:
    """What the form of the page at `url` would send if it were submitted as it stands."""
    return fields_of(client.get(url), form_id)


# What an empty form sends, by its URL: the same for all tests, and costly to render.
NEW: dict[str, dict[str, Any]] = {}


def fields_of_new(client: Client, url: str, form_id: str) -> dict[str, Any]:
    """What the page at `url`, which adds a record, would send as it stands."""
    if url not in NEW:
        NEW[url] = fields(client, url, form_id)
    return dict(NEW[url])


def fields_of(response: PageResponse, form_id: str = "contractor_form") -> dict[str, Any]:
    assert response.status_code == 200, response
    parser = Fields(form_id)
    parser.feed(response.content.decode())
    assert parser.values, f"no form {form_id}"
    # The empty rows that JavaScript copies are no part of the form's data.
    return {name: value for name, value in parser.values.items() if "__prefix__" not in name}


def signed_in(role: str = Role.COORDINATOR) -> Client:
    """As after `Client.force_login`, which would store a session before the sign-in and delete it again."""
    client, request = Client(), HttpRequest()
    request.session = SessionStore()
    login(request, UserFactory(role=role), backend="django.contrib.auth.backends.ModelBackend")
    request.session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = request.session.session_key or ""
    return client


@contextmanager
def empty_pages() -> Iterator[None]:
    """Pages have their context and no text: for many refused forms, of which a test reads the `errors` only."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TemplateResponse, "rendered_content", "")
        yield


def errors(response: PageResponse) -> dict[str, list[str]]:
    """The errors shown on an admin form: by field, `rows` for those of the inlines, `__all__` above the form."""
    assert response.status_code == 200, response
    context = vars(response)["context_data"]
    by_field = {name: list(texts) for name, texts in context["adminform"].form.errors.items()}
    rows = []
    for inline in context["inline_admin_formsets"]:
        rows += inline.formset.non_form_errors()
        rows += [text for form in inline.formset.forms for texts in form.errors.values() for text in texts]
    return by_field | ({"rows": rows} if rows else {})


def saved(response: PageResponse) -> bool:
    """Whether the form was taken; shows its errors when it was not."""
    assert response.status_code == 302, errors(response)
    return True
