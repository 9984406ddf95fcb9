"""Admin forms that write through services: a refusal comes back as errors on the form, and nothing is written."""

from collections.abc import Sequence
from typing import Any, ClassVar, NoReturn

from django import forms
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.db import DataError, IntegrityError, models
from django.forms import BaseForm
from django.forms.models import InlineForeignKeyField, construct_instance
from django.http import HttpRequest, HttpResponse
from unfold.admin import ModelAdmin
from unfold.mixins import BaseModelAdminMixin

from smartscheduler.core.db.transactions import domain_transaction
from smartscheduler.errors import DomainError, InvalidInput


def show_refusal(form: BaseForm, refusal: DomainError) -> None:
    """Put the errors of `refusal` on the fields that it names; what has no field here stands above the form."""
    above = [refusal.detail]
    for name, found in refusal.errors.items():
        if name in form.fields:
            form.add_error(name, found)
            above = []
    for message in above:
        form.add_error(None, message)


class ServiceForm(forms.ModelForm):
    """Checks values one by one; uniqueness, constraints and rules between records are the service's to refuse.

    `refusal` is what the service answered to these same values a moment ago.
    """

    refusal: ClassVar[DomainError | None] = None

    def clean(self) -> dict[str, Any]:
        if self.refusal:
            show_refusal(self, self.refusal)
        return self.cleaned_data

    def _post_clean(self) -> None:
        """The model's own check of each value; as Django's, but for constraints, whose messages name the constraint."""
        parents = {name for name, field in self.fields.items() if isinstance(field, InlineForeignKeyField)}
        exclude = self._get_validation_exclusions() | parents  # type: ignore[attr-defined]
        construct_instance(self, self.instance, self._meta.fields, self._meta.exclude)
        try:
            self.instance.full_clean(exclude=exclude, validate_unique=False, validate_constraints=False)
        except ValidationError as error:
            self._update_errors(error)  # type: ignore[attr-defined]


class AskingChoices(BaseModelAdminMixin):
    """A choice without a default is asked for; Unfold's own select would take the first, such as Alabama."""

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        ask = [("", "Select value")]
        kwargs["choices"] = db_field.get_choices(include_blank=not db_field.has_default(), blank_choice=ask)
        return super().formfield_for_choice_field(db_field, request, **kwargs)


class ServiceAdmin(AskingChoices, ModelAdmin):
    """A ModelAdmin whose saving is one call of `write`, in the one transaction of the request.

    When a service refuses, the transaction is rolled back and the same form is shown with the refusal.
    """

    form = ServiceForm
    change_form_before_template = "admin/includes/version.html"

    def write(self, request: HttpRequest, form: ServiceForm, formsets: Sequence[Any], *, change: bool) -> None:
        """Call the services for a valid form. Raises DomainError."""
        raise NotImplementedError

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except DomainError as refusal:
            request.refusal = refusal  # type: ignore[attr-defined]
        except (IntegrityError, DataError, ObjectDoesNotExist):
            detail = "Another change came first, or the database does not take these values. Nothing was saved."
            request.refusal = InvalidInput(detail)  # type: ignore[attr-defined]
        return super().changeform_view(request, object_id, form_url, extra_context)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> type[ServiceForm]:
        form_class = super().get_form(request, obj, change, **kwargs)
        form_class.refusal = getattr(request, "refusal", None)  # the class is made anew for every request
        return form_class

    def save_model(self, request: HttpRequest, obj: models.Model, form: Any, change: bool) -> None:
        """Nothing yet: `save_related` comes next and has the inlines too."""

    @domain_transaction
    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        if change:
            self._check_version(form.instance.pk, request.POST.get("version", ""))
        self.write(request, form, formsets, change=change)
        # The form's own instance has defaults that were never stored, such as another job number.
        form.instance.refresh_from_db()

    def _check_version(self, pk: Any, seen: str) -> None:
        """Raise DomainError when the record is no longer the one that the page showed."""
        present = self.model._base_manager.select_for_update(no_key=True).get(pk=pk).version
        if seen and seen != str(present):
            raise DomainError(
                f"{self.last_change(pk) or 'Somebody else has changed this record since you opened it.'} "
                "Nothing was saved: open it again, and make your changes to what is there now."
            )

    def last_change(self, pk: Any) -> str:
        """A sentence on who changed the record last, and when; empty when that is not known."""
        return ""

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        # The formsets were never saved, so they cannot say what they saved.
        return super().construct_change_message(request, form, [], add)

    def delete_model(self, request: HttpRequest, obj: models.Model) -> NoReturn:
        raise PermissionDenied

    def delete_queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> NoReturn:
        raise PermissionDenied

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """The actions without Django's own deletion, which writes past the services."""
        return {name: action for name, action in super().get_actions(request).items() if name != "delete_selected"}


def submitted(form: ServiceForm) -> dict[str, Any]:
    """The values of a new record, without the fields left to their defaults by having none here."""
    return dict(form.cleaned_data)


def changed(form: ServiceForm) -> dict[str, Any]:
    """The values that differ from those of the record."""
    return {name: form.cleaned_data[name] for name in form.changed_data if name in form.cleaned_data}
