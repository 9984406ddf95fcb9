"""Model and form fields that store text in a normal form (smartscheduler.core.text).

They reject invalid text when a value is cleaned and again when a record is saved.
"""

from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models

from smartscheduler.core.db.model_fields import CharColumn, EmailColumn, SchemaField, TextColumn
from smartscheduler.core.email_addresses import (
    UnsuitableAddress,
    account_address,
    account_key,
    contact_address,
)
from smartscheduler.core.text import UnsuitableText, many_lines, normalize_search, one_line

REFUSALS = (UnsuitableText, UnsuitableAddress)
# PostgreSQL regular expressions for the check constraints of email addresses.
PLAIN_ADDRESS, LOWER_CASE_ADDRESS = "^[!-~]*$", "^[!-@[-~]*$"


def ascii_lower(field: str) -> models.Func:
    """SQL that lowercases the ASCII letters of a column, independent of the collation of the database."""
    lower = 'lower(%(expressions)s COLLATE "C")'
    return models.Func(models.F(field), template=lower, output_field=models.CharField())


def stored_form(text: str, *, normal: Callable[[str], str], max_length: int | None) -> str:
    """The stored form of a field's text, as returned by `normal`.

    Raises ValidationError where `normal` raises one of REFUSALS. Text of more than twice `max_length` is returned
    unchanged: the length validator rejects it anyway, and normalizing megabytes would be slow.
    """
    if max_length is not None and len(text) > 2 * max_length:
        return text
    try:
        return normal(text)
    except REFUSALS as refusal:
        raise ValidationError(str(refusal), code="invalid") from refusal


class NormalForm:
    """Mixin for model and form fields. `normal` returns the stored form or raises one of REFUSALS."""

    max_length: int | None

    @staticmethod
    def normal(text: str) -> str:
        raise NotImplementedError

    def to_python(self, value: Any) -> Any:
        value = super().to_python(value)  # type: ignore[misc]  # defined in the field class
        return self.cleaned(value) if isinstance(value, str) else value

    def cleaned(self, value: str) -> str:
        return stored_form(value, normal=self.normal, max_length=self.max_length)


class StoredForm(NormalForm, SchemaField):
    """Mixin for model fields with a normal form; migrations reference Django's own field class."""

    name: str
    attname: str
    choices: Any
    form_class: type[forms.CharField]

    def get_prep_value(self, value: Any) -> Any:
        """The value unchanged: a look-up by text that cannot be stored finds nothing and does not raise."""
        value = models.Field.get_prep_value(self, value)  # type: ignore[arg-type]  # Django's own would clean it
        return value if value is None or isinstance(value, str) else str(value)

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = getattr(model_instance, self.attname)
        if not isinstance(value, str):
            return super().pre_save(model_instance, add)  # type: ignore[misc]
        try:
            stored = self.cleaned(value)
        except ValidationError as refusal:
            raise ValidationError({self.name: refusal.messages}) from refusal
        setattr(model_instance, self.attname, stored)
        return stored

    def formfield(self, **kwargs: Any) -> Any:
        if not self.choices:
            kwargs.setdefault("form_class", self.form_class)
        return super().formfield(**kwargs)  # type: ignore[misc]


class LineFormField(NormalForm, forms.CharField):
    """One line of text."""

    normal = staticmethod(one_line)


class NotesFormField(NormalForm, forms.CharField):
    """Text that may have several lines."""

    normal = staticmethod(many_lines)


class SearchFormField(NormalForm, forms.CharField):
    """Words to search for. Characters that stored text never contains are removed instead of rejected."""

    normal = staticmethod(normalize_search)


class LineField(StoredForm, CharColumn):
    """One line of text."""

    normal = staticmethod(one_line)
    form_class = LineFormField


class ShortNotesField(StoredForm, CharColumn):
    """Text that may have several lines, with a length limit in the database."""

    normal = staticmethod(many_lines)
    form_class = NotesFormField


class NotesField(StoredForm, TextColumn):
    """Text that may have several lines."""

    normal = staticmethod(many_lines)
    form_class = NotesFormField


class SignInNameField(forms.CharField):
    """The email address typed at sign-in. Django's own field would replace letters outside ASCII (NFKC)."""

    def to_python(self, value: Any) -> str:
        return account_key(super().to_python(value) or "")


class AccountAddressFormField(NormalForm, forms.EmailField):
    normal = staticmethod(account_address)


class ContactAddressFormField(NormalForm, forms.EmailField):
    normal = staticmethod(contact_address)


class AccountAddressField(StoredForm, EmailColumn):
    """The email address of an account: ASCII, lower case."""

    normal = staticmethod(account_address)
    form_class = AccountAddressFormField

    def get_internal_type(self) -> str:
        return "EmailField"


class ContactAddressField(StoredForm, EmailColumn):
    """The email address of a contractor: ASCII, its domain in lower case."""

    normal = staticmethod(contact_address)
    form_class = ContactAddressFormField

    def get_internal_type(self) -> str:
        return "EmailField"
