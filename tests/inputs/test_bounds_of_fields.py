"""Every input field of serializers, forms, filters, and models has a length limit."""

import ast
from collections.abc import Iterator
from functools import cache
from operator import attrgetter
from pathlib import Path
from types import ModuleType
from typing import Any

import django_filters
import pytest
from django import forms
from django.contrib.auth import get_user_model
from django.contrib.auth.forms import ReadOnlyPasswordHashField
from django.test import RequestFactory
from rest_framework import serializers

from smartscheduler.accounts.permissions import Role
from smartscheduler.accounts.visibility_rest import StrictModelSerializer
from smartscheduler.core.rest.fields import StrictSerializer
from tests.inputs.collecting import calls, modules, sources, subclasses
from tests.pages import model_admins

modules()

# Bounded by their own shape: nothing but a date, an id or one of a list is taken for a value.
SHAPED = (
    serializers.BooleanField,
    serializers.ChoiceField,
    serializers.UUIDField,
    serializers.DateField,
    serializers.DateTimeField,
    serializers.DurationField,
    serializers.PrimaryKeyRelatedField,
)

NAME = attrgetter("__name__")


@cache
def inputs() -> set[type[serializers.BaseSerializer[Any]]]:
    """The serializers of bodies, those that a view passes to `body`, and those that it reads its query with."""
    views = sources([".body(", "query_serializer"])
    of_views = ((module, views.get(Path(module.__file__ or ""))) for module in modules())
    read = {kind for module, tree in of_views if tree for kind in _read_by_views(module, tree)}
    strict = {kind for kind in subclasses(StrictSerializer) if kind is not StrictModelSerializer}
    return read | strict


def _read_by_views(module: ModuleType, tree: ast.Module) -> set[type[serializers.BaseSerializer[Any]]]:
    named = (vars(module).get(name) for node in ast.walk(tree) for name in _serializers_at(node))
    return {
        serializer
        for serializer in named
        if isinstance(serializer, type) and issubclass(serializer, serializers.BaseSerializer)
    }


def _serializers_at(node: ast.AST) -> list[str]:
    """The names in `self.body(Name)` and in `query_serializer = Name`."""
    match node:
        case ast.Call(func=ast.Attribute(attr="body"), args=[ast.Name(id=name), *_]):
            return [name]
        case ast.Assign(targets=[ast.Name(id="query_serializer")], value=ast.Name(id=name)):
            return [name]
    return []


def unbounded(field: Any, path: str) -> list[str]:
    """The paths of `field` and what is inside it that nothing limits."""
    if field.read_only or isinstance(field, (serializers.HiddenField, *SHAPED)):
        return []
    if isinstance(field, serializers.ListSerializer):
        return ([] if getattr(field, "max_length", None) else [path]) + unbounded(field.child, f"{path}[]")
    if isinstance(field, serializers.Serializer):
        return [fault for name, item in field.fields.items() for fault in unbounded(item, f"{path}.{name}")]
    if isinstance(field, serializers.ListField):
        return ([] if field.max_length else [path]) + unbounded(field.child, f"{path}[]")
    if isinstance(field, serializers.CharField):
        return [] if field.max_length else [path]
    if isinstance(field, serializers.DecimalField):
        return [] if field.max_digits and field.decimal_places is not None else [path]
    if isinstance(field, (serializers.IntegerField, serializers.FloatField)):
        return [] if None not in (field.min_value, field.max_value) else [path]
    return [] if hasattr(type(field), "shape") else [path]


def test_the_serializers_of_bodies_are_found() -> None:
    names = {serializer.__name__ for serializer in inputs()}
    assert {"LoginSerializer", "JobSerializer", "RankingQuerySerializer", "PeriodSerializer"} <= names
    assert len(names) > 15


@pytest.mark.parametrize("kind", sorted(inputs(), key=NAME), ids=NAME)
def test_every_field_of_a_body_or_query_has_a_limit(kind: Any) -> None:
    assert unbounded(kind(), kind.__name__) == []


@pytest.mark.parametrize("kind", sorted(subclasses(serializers.ListField), key=NAME))
def test_lists_look_at_their_length_before_their_items(kind: Any) -> None:
    if kind.__name__ == "BoundedListField":
        kind = type("Numbers", (kind,), {"__init__": lambda self: super(kind, self).__init__(max_length=3)})
    with pytest.raises(serializers.ValidationError) as refusal:
        kind().run_validation([object()] * 10_000)
    assert len(refusal.value.detail) == 1


def test_there_is_no_other_list_in_a_body() -> None:
    def lists(field: Any) -> Iterator[Any]:
        if isinstance(field, serializers.ListField) and not field.read_only:
            yield type(field).__name__
        for item in getattr(field, "fields", {}).values():
            yield from lists(item)

    assert {name for kind in inputs() for name in lists(kind())} <= {"BoundedListField", "SkillsListField"}


BOUNDS = {
    "forms.CharField": {"max_length"},
    "forms.EmailField": {"max_length"},
    "forms.URLField": {"max_length"},
    "forms.RegexField": {"max_length"},
    "forms.IntegerField": {"min_value", "max_value"},
    "forms.FloatField": {"min_value", "max_value"},
    "forms.DecimalField": {"max_digits", "decimal_places"},
    "django_filters.CharFilter": {"max_length"},
    "django_filters.NumberFilter": {"max_digits", "decimal_places"},
}


def test_every_field_that_a_form_or_filter_makes_has_a_limit() -> None:
    made = [
        (f"{file.name}:{call.lineno} {name}", BOUNDS[name] - {word.arg for word in call.keywords})
        for file, call, name in calls(set(BOUNDS))
    ]
    assert len(made) > 5
    assert [where for where, missing in made if missing] == []


def limitless(form: type[forms.BaseForm]) -> list[str]:
    model = getattr(getattr(form, "_meta", None), "model", None)
    of_model = {field.name for field in model._meta.fields} if model else set()
    return [
        f"{form.__module__}.{form.__name__}.{name}"
        for name, field in fields_of(form).items()
        if not field.disabled and _is_limitless(field, whole_of_model=name in of_model)
    ]


def fields_of(form: Any) -> Any:
    """Those of an unbound form, since some are set up when it is made; of the class where it wants arguments.

    A form for a model that names none is a base of others, and cannot be made.
    """
    if issubclass(form, forms.BaseModelForm) and form._meta.model is None:
        return form.base_fields
    try:
        return form().fields
    except TypeError:
        return form.base_fields


def _is_limitless(field: Any, *, whole_of_model: bool) -> bool:
    if isinstance(field, (forms.UUIDField, ReadOnlyPasswordHashField)):
        return False
    if isinstance(field, forms.CharField):
        return field.max_length is None
    if isinstance(field, forms.DecimalField):
        return field.max_digits is None
    # A model's whole numbers have the range of their column.
    return type(field) in {forms.IntegerField, forms.FloatField} and (
        None in (field.min_value, field.max_value) and not whole_of_model
    )


@pytest.mark.django_db
def test_every_field_of_a_form_has_a_limit() -> None:
    """The product's own forms, those that the admin makes of models, and those of signing in and of passwords."""
    request = RequestFactory().get("/")
    request.user = get_user_model()(role=Role.ADMINISTRATOR)
    kinds = set(subclasses(forms.BaseForm))
    for listed in model_admins().values():
        if listed.has_add_permission(request):
            kinds |= {listed.get_form(request), listed.get_form(request, listed.model(), change=True)}
        kinds |= {inline.get_formset(request).form for inline in listed.get_inline_instances(request)}
        kinds |= {getattr(listed, "change_password_form", forms.Form)}
    assert len(kinds) > 25
    faults = sorted({fault for kind in kinds if hasattr(kind, "base_fields") for fault in limitless(kind)})
    assert faults == [], "\n".join(faults)


# As SHAPED: a value is a date, an id or one of a list.
SHAPED_FILTERS = (
    django_filters.ChoiceFilter,
    django_filters.TypedChoiceFilter,
    django_filters.MultipleChoiceFilter,
    django_filters.UUIDFilter,
    django_filters.DateFilter,
)


def test_every_filter_has_a_limit() -> None:
    faults = [
        f"{kind.__name__}.{name}"
        for kind in subclasses(django_filters.FilterSet)
        for name, item in kind.base_filters.items()
        if not (
            isinstance(item, SHAPED_FILTERS)
            or item.extra.get("max_length")
            or (item.extra.get("max_digits") and "decimal_places" in item.extra)
        )
    ]
    assert faults == []
