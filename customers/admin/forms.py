"""Forms of the customer page in the admin."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget

from contractors.admin.forms import RowForm, RowFormSet
from customers.duplicates import Duplicate, find_duplicates
from customers.models import Customer, CustomerAddress, CustomerPhone, Preference
from smartscheduler.adminsite.form_fields import PhoneFormField
from smartscheduler.adminsite.location_forms import POSTAL
from smartscheduler.adminsite.service_forms import ServiceForm
from smartscheduler.core.db.text_fields import NotesFormField
from smartscheduler.core.entry.phone_numbers import parse_phone
from smartscheduler.core.geo.zip_codes import middle_of

DUPLICATE = _("This customer is a likely duplicate of the ones listed above. Nothing was saved.")


class CustomerForm(ServiceForm):
    """Form of a customer that asks for a confirmation before it saves a new customer who likely exists already."""

    notes = NotesFormField(
        required=False, max_length=4000, label=_("Notes"), widget=UnfoldAdminTextareaWidget(attrs={"rows": 3})
    )
    # Set by the page, which knows the rows of the tables.
    duplicates: Sequence[Duplicate] = ()

    class Meta:
        model = Customer
        fields: list[str] = []

    @property
    def confirmation(self) -> str:
        """Expected value of `save_anyway`: the ids shown, so that another duplicate needs another confirmation."""
        return " ".join(str(duplicate.customer.pk) for duplicate in self.duplicates)

    @property
    def confirmed(self) -> bool:
        return self.data.get("save_anyway") == self.confirmation

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        if self.instance._state.adding:
            numbers = [
                text for name, text in self.data.items() if name.startswith("phones-") and name.endswith("-number")
            ]
            self.duplicates = find_duplicates(
                name=values.get("name", "") or values.get("company", ""),
                phones=numbers[:10],
                email=values.get("email", ""),
            )
        if self.duplicates and not self.confirmed:
            self.add_error(None, DUPLICATE)
        return values


class PhoneForm(RowForm):
    number = PhoneFormField(label=_("Number"))

    class Meta:
        model = CustomerPhone
        fields = ["number", "extension", "kind"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["number"] = self.instance.shown

    def clean_number(self) -> str:
        number: str = self.cleaned_data["number"]
        if parse_phone(number) is None:
            raise forms.ValidationError(gettext("Enter ten digits, or a number with + and the country code."))
        return number

    def clean(self) -> dict[str, Any]:
        """Separate an extension that is part of the number."""
        values = super().clean() or self.cleaned_data
        if typed := parse_phone(values.get("number", "")):
            values |= {"number": typed.number, "extension": values.get("extension", "") or typed.extension}
        return values

    @property
    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("number", "extension", "kind")}


class AddressForm(RowForm):
    """Address of a customer. A changed address gets the center of its ZIP code as coordinates."""

    class Meta:
        model = CustomerAddress
        fields = [*POSTAL]

    def clean_zip_code(self) -> str:
        zip_code: str = self.cleaned_data["zip_code"]
        if len(zip_code) == 5 and middle_of(zip_code) is None:
            raise forms.ValidationError(gettext("The location of this ZIP code is unknown."))
        return zip_code

    @property
    def values(self) -> dict[str, Any]:
        postal = {name: self.cleaned_data[name] for name in POSTAL}
        if self.instance.pk and not self.has_changed():
            row = self.instance
            return {**postal, "latitude": row.latitude, "longitude": row.longitude, "time_zone": row.time_zone}
        center = middle_of(postal["zip_code"])
        assert center is not None  # noqa: S101  (checked by clean_zip_code)
        return {**postal, "latitude": center.latitude, "longitude": center.longitude}


class PreferenceForm(RowForm):
    class Meta:
        model = Preference
        fields = ["contractor", "kind"]


class CustomerRows(RowFormSet):
    """Rows of a customer: phone numbers, addresses or contractors."""

    @property
    def values(self) -> list[dict[str, Any]]:
        return [form.values for form in self.kept]


class MergeForm(forms.Form):
    """Asks for the customer whose record is merged into this one."""

    other = forms.ModelChoiceField(
        label=_("Customer to merge into this one"),
        queryset=Customer.objects.current(),
        widget=AutocompleteSelect(Customer._meta.get_field("merged_into"), admin.site),
    )
