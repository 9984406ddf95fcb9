"""Admin forms that write through services. A refusal becomes form errors, and nothing is saved."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, cast

from django import forms
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.db import DataError, IntegrityError, models
from django.forms import BaseForm
from django.forms.models import InlineForeignKeyField, construct_instance
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.mixins import BaseModelAdminMixin

from smartscheduler.core.db.transactions import domain_transaction
from smartscheduler.errors import DomainError, InvalidInput

# The last section of a form: the number of the record in another system (core.db.external_ids).
OTHER_SYSTEM = (_("Number in another system"), {"fields": [("external_id", "source")], "classes": ["collapse"]})


def show_refusal(form: BaseForm, refusal: DomainError) -> None:
    """Add the errors of `refusal` to their fields. If no field of the form is named, show the detail above the form."""
    above = [refusal.detail]
    for name, errors in refusal.errors.items():
        if name in form.fields:
            form.add_error(name, errors)
            above = []
    for message in above:
        form.add_error(None, message)


if TYPE_CHECKING:
    RecordForm = forms.ModelForm[Any]
else:
    RecordForm = forms.ModelForm


class ServiceForm(RecordForm):
    """Form that validates single values. Uniqueness, constraints and rules between records are checked by the service.

    `refusal` is the refusal of the service for the same values in the current request.
    """

    refusal: ClassVar[DomainError | None] = None

    def clean(self) -> dict[str, Any]:
        if self.refusal:
            show_refusal(self, self.refusal)
        return self.cleaned_data

    def _post_clean(self) -> None:
        """Django's model validation without constraints: their messages would show the name of the constraint."""
        parents = {name for name, field in self.fields.items() if isinstance(field, InlineForeignKeyField)}
        exclude = self._get_validation_exclusions() | parents  # type: ignore[attr-defined]
        construct_instance(self, self.instance, self._meta.fields, self._meta.exclude)
        try:
            self.instance.full_clean(exclude=exclude, validate_unique=False, validate_constraints=False)
        except ValidationError as error:
            self._update_errors(error)  # type: ignore[attr-defined]


class AskingChoices(BaseModelAdminMixin):
    """Requires a selection for choices without a default. Unfold's select would preselect the first one."""

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        ask = [("", gettext("Select a value"))]
        kwargs["choices"] = db_field.get_choices(include_blank=not db_field.has_default(), blank_choice=ask)
        return super().formfield_for_choice_field(db_field, request, **kwargs)


class ServiceAdmin(AskingChoices, ModelAdmin):
    """ModelAdmin that saves with one call of `write`, in one transaction.

    When a service refuses, the transaction is rolled back and the form is shown again with the refusal.
    """

    form = ServiceForm
    change_form_before_template = "admin/includes/version.html"

    def write(self, request: HttpRequest, form: ServiceForm, formsets: Sequence[Any], *, change: bool) -> None:
        """Call the services with the values of a valid form. Raises DomainError."""
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
            detail = gettext(
                "Nothing was saved: another user changed the data at the same time, or the database rejected them."
                " Check the values and save again."
            )
            request.refusal = InvalidInput(detail)  # type: ignore[attr-defined]
        return super().changeform_view(request, object_id, form_url, extra_context)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> type[ServiceForm]:
        form_class = cast(type[ServiceForm], super().get_form(request, obj, change, **kwargs))
        form_class.refusal = getattr(request, "refusal", None)  # the class is created per request
        return form_class

    def save_model(self, request: HttpRequest, obj: models.Model, form: Any, change: bool) -> None:
        """Do nothing: `save_related` runs next and also has the inlines."""

    @domain_transaction
    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        if change:
            self._check_version(form.instance.pk, request.POST.get("version", ""))
        self.write(request, form, formsets, change=change)
        # The instance of the form has defaults that were not stored, such as a different job number.
        form.instance.refresh_from_db()

    def _check_version(self, pk: Any, seen: str) -> None:
        """Raise DomainError if the record has changed since the page was loaded (optimistic locking)."""
        present = self.model._base_manager.select_for_update(no_key=True).get(pk=pk).version
        if seen and seen != str(present):
            change = self.last_change(pk) or gettext("Another user changed this record after you opened it.")
            text = gettext("{change} Nothing was saved. Reload the page and make your changes again.")
            raise DomainError(text.format(change=change))

    def last_change(self, pk: Any) -> str:
        """Sentence with the author and time of the last change, or an empty string if unknown."""
        return ""

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        # The formsets were not saved by Django, so they have no list of saved objects.
        return super().construct_change_message(request, form, [], add)

    def delete_model(self, request: HttpRequest, obj: models.Model) -> NoReturn:
        raise PermissionDenied

    def delete_queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> NoReturn:
        raise PermissionDenied

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """The actions without Django's bulk deletion, which would bypass the services."""
        return {name: action for name, action in super().get_actions(request).items() if name != "delete_selected"}


def submitted(form: ServiceForm) -> dict[str, Any]:
    """The values of the form for a new record."""
    return dict(form.cleaned_data)


def changed(form: ServiceForm) -> dict[str, Any]:
    """The values of the form that differ from the record."""
    return {name: form.cleaned_data[name] for name in form.changed_data if name in form.cleaned_data}
