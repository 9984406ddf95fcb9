"""All text fields of models, serializers, and forms reject invisible characters."""

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

import django_filters
import pytest
from django import forms
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models
from rest_framework import serializers

from smartscheduler.core.db.text_fields import NormalForm, StoredForm
from smartscheduler.core.rest.fields import NormalText, StrictSerializer

PACKAGES = ("smartscheduler", "contractors", "customers", "jobs", "assignments", "recommendations")
LABELS = {
    "accounts",
    "audit",
    "adminsite",
    "contractors",
    "jobs",
    "assignments",
    "recommendations",
    "events",
    "imports",
    "geocoding",
    "idempotency",
    "notifications",
    "privacy",
    "rules",
    "travel",
}

# Written by the product alone, or from fields that are in the list.
MACHINE_MADE = {
    "accounts.TokenFamily": {"current", "previous", "client"},
    "accounts.BrowserSession": {"session_key", "session_data"},
    "accounts.User": {"password"},
    "accounts.ServiceKey": {"prefix", "digest"},
    "assignments.Conflict": {"rules"},
    "audit.AuditEntry": {"name", "about_name", "door", "place", "request_id"},
    "adminsite.SavedView": {"page", "query"},
    "events.OutboxEvent": {"type", "request_id", "traceparent"},
    "events.EventReader": {"name"},
    "imports.ImportRun": {"name", "table", "problem", "encoding", "mapping", "matched_by"},
    "imports.ImportedRow": {"label", "key", "remarks"},
    "imports.SavedMapping": {"fingerprint", "mapping"},
    "geocoding.GeocodedAddress": {"key", "provider"},
    "idempotency.KeptAnswer": {"key", "fingerprint", "body"},
    "jobs.Job": {"job_number"},
    "notifications.Mail": {"reason", "subject", "error", "recipient"},
    # Made of a template and records, whose texts have a normal form.
    "notifications.CustomerMessage": {"recipient", "subject", "body", "error"},
    "recommendations.Lookup": {"error"},
    "recommendations.ModelDay": {"error"},
    "recommendations.Wording": {"key", "text", "reason"},
    "travel.TravelEstimate": {"source", "note"},
    "travel.ProviderDay": {"provider", "error"},
}
# A password is taken as it is typed, letter for letter.
PASSWORDS = {"password", "old_password", "new_password1", "new_password2", "password1", "password2"}


@pytest.fixture(scope="module", autouse=True)
def _everything_is_imported() -> None:
    for package in PACKAGES:
        root = importlib.import_module(package)
        for module in pkgutil.walk_packages(root.__path__, f"{package}."):
            if not any(part in module.name for part in (".migrations", ".asgi", ".celery", ".embedded", ".backups")):
                importlib.import_module(module.name)


def classes_below(root: type) -> Iterator[type]:
    subclass: type
    for subclass in root.__subclasses__():
        yield subclass
        yield from classes_below(subclass)


def ours(root: type) -> list[type]:
    return sorted({kind for kind in classes_below(root) if kind.__module__.split(".")[0] in PACKAGES}, key=str)


def fields_of_models() -> Iterator[tuple[str, Any]]:
    for model in apps.get_models():
        written = not hasattr(model, "pgh_tracked_model") and not model._meta.proxy
        if model._meta.app_label in LABELS and written:
            for field in model._meta.concrete_fields:
                inner = getattr(field, "base_field", field)
                if isinstance(inner, models.CharField | models.TextField) and not inner.choices:
                    yield f"{model._meta.label}.{field.name}", inner


def test_each_text_of_a_model_has_a_normal_form() -> None:
    escaped = []
    for name, field in fields_of_models():
        label, _, attribute = name.rpartition(".")
        if isinstance(field, StoredForm):
            for text in ("a\u202eb", "a\x07b", "\u200b\u200b"):
                with pytest.raises(ValidationError):
                    field.to_python(text)
        elif attribute not in MACHINE_MADE.get(label, set()):
            escaped.append(name)
    assert not escaped, f"Give these a field of smartscheduler.core.db.text_fields: {escaped}"


def test_the_exceptions_exist() -> None:
    known = {name for name, field in fields_of_models() if not isinstance(field, StoredForm)}
    listed = {f"{label}.{name}" for label, names in MACHINE_MADE.items() for name in names}
    assert listed <= known


def test_each_text_of_a_serializer_has_a_normal_form() -> None:
    escaped = []
    for name, field in fields_of_serializers():
        if not isinstance(field, NormalText):
            escaped.append(name)
            continue
        for text in ("a\u202eb", "a\x07b", "\u200b\u200b"):
            with pytest.raises(serializers.ValidationError):
                field.run_validation(text)
    assert not escaped, f"Give these a field of smartscheduler.core.rest.fields: {escaped}"


def fields_of_serializers() -> Iterator[tuple[str, Any]]:
    """The text that requests are read for: serializers that are not strict only describe answers."""
    for kind in ours(StrictSerializer):
        is_base = issubclass(kind, serializers.ModelSerializer) and not hasattr(kind, "Meta")
        for name, field in ({} if is_base else kind().fields).items():
            inner = getattr(field, "child", field)
            if isinstance(inner, serializers.CharField) and not field.read_only and name not in PASSWORDS:
                yield f"{kind.__module__}.{kind.__name__}.{name}", inner


def test_each_text_of_a_form_has_a_normal_form() -> None:
    escaped = []
    for form in [*ours(forms.BaseForm), *ours(django_filters.FilterSet)]:
        for name, field in getattr(form, "base_fields", {}).items():
            inner = getattr(field, "base_field", field)
            if type(inner) in {forms.CharField, forms.EmailField} and name not in PASSWORDS:
                escaped.append(f"{form.__module__}.{form.__name__}.{name}")
            elif isinstance(inner, NormalForm):
                clean = inner.to_python("a\u202eb") if "Search" in type(inner).__name__ else None
                assert clean in {None, "a b"}
    assert not escaped, f"Give these a field of smartscheduler.core.db.text_fields: {escaped}"
