"""JSON representation of customers."""

from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from customers.duplicates import REASONS
from customers.models import Customer, CustomerAddress, CustomerPhone
from customers.services import MOST_ADDRESSES, MOST_PHONES, MOST_PREFERENCES
from smartscheduler.accounts.visibility_rest import StrictModelSerializer
from smartscheduler.core.entry.phone_numbers import parse_phone
from smartscheduler.core.rest.fields import (
    LOCATION_FIELDS,
    BoundedListField,
    IdField,
    LineTextField,
    StrictSerializer,
)
from smartscheduler.core.rest.openapi_examples import AUSTIN, sent_as

NOT_REQUIRED = ("name", "company", "email", "external_id", "source", "notes")


class CustomerPhoneSerializer(StrictModelSerializer):
    """Phone number of any country, with + and the country code; without, of the US. The response has E.164."""

    number = LineTextField(max_length=40)
    kind = serializers.ChoiceField(choices=CustomerPhone.Kind.choices, default=CustomerPhone.Kind.OTHER)

    class Meta:
        model = CustomerPhone
        fields = ["number", "extension", "kind"]
        extra_kwargs = {"extension": {"default": ""}}
        validators: list[Any] = []

    def validate_number(self, number: str) -> str:
        if parse_phone(number) is None:
            raise serializers.ValidationError(gettext("Enter ten digits, or a number with + and the country code."))
        return number

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Separate an extension that is part of the number."""
        typed = parse_phone(attrs["number"])
        assert typed, "checked by validate_number"  # noqa: S101
        return attrs | {"number": typed.number, "extension": attrs.get("extension", "") or typed.extension}


class CustomerAddressSerializer(StrictModelSerializer):
    """Address with coordinates and time zone."""

    time_zone = LineTextField(
        max_length=64,
        allow_blank=True,
        default="",
        validators=CustomerAddress._meta.get_field("time_zone").validators[:1],
        help_text=_("IANA name. Derived from the coordinates when it is not given."),
    )

    class Meta:
        model = CustomerAddress
        fields = [*LOCATION_FIELDS, "time_zone"]


@sent_as(
    "A customer in Austin",
    {
        "name": "Grace Hill",
        "phones": [{"number": "(512) 555-0143", "kind": "mobile"}],
        "email": "grace@example.com",
        "addresses": [AUSTIN],
        "language": "en",
    },
)
class CustomerSerializer(StrictModelSerializer):
    phones = CustomerPhoneSerializer(many=True, max_length=MOST_PHONES, default=list)  # type: ignore[call-arg]
    addresses = CustomerAddressSerializer(many=True, max_length=MOST_ADDRESSES, default=list)  # type: ignore[call-arg]
    language = serializers.ChoiceField(choices=Customer.Language.choices, default=Customer.Language.ENGLISH)
    accepts_texts = serializers.BooleanField(
        default=False, help_text=_("The customer has agreed to receive text messages.")
    )
    accepts_emails = serializers.BooleanField(
        default=True,
        help_text=_("The customer gets emails about appointments. Each email has a link to turn them off."),
    )
    preferred = BoundedListField(
        child=IdField(), max_length=MOST_PREFERENCES, default=list, help_text=_("Ids of preferred contractors.")
    )
    refused = BoundedListField(
        child=IdField(), max_length=MOST_PREFERENCES, default=list, help_text=_("Ids of refused contractors.")
    )
    merged_into = serializers.UUIDField(
        source="merged_into_id",
        read_only=True,
        allow_null=True,
        help_text=_("The customer that this one was merged into. Only that one can be changed."),
    )

    class Meta:
        model = Customer
        fields = [
            "id",
            "name",
            "company",
            "phones",
            "email",
            "addresses",
            "language",
            "accepts_texts",
            "accepts_emails",
            "email_bounced",
            "external_id",
            "source",
            "notes",
            "preferred",
            "refused",
            "merged_into",
            "created_at",
            "updated_at",
            "version",
        ]
        extra_kwargs = {name: {"default": ""} for name in NOT_REQUIRED}
        read_only_fields = ["email_bounced"]
        # The service names the field of an external ID that is taken.
        validators: list[Any] = []


class CustomerDuplicateSerializer(StrictModelSerializer):
    """Customer who is likely the same person, and what is the same."""

    same = serializers.ListField(
        child=serializers.ChoiceField(choices=[(name, name) for name in REASONS]), read_only=True
    )

    class Meta:
        model = Customer
        fields = ["id", "name", "company", "same"]
        read_only_fields = fields


class NewCustomerSerializer(CustomerSerializer):
    """Created customer, with likely duplicates if there are any."""

    possible_duplicates = CustomerDuplicateSerializer(many=True, read_only=True, required=False)

    class Meta(CustomerSerializer.Meta):
        fields = [*CustomerSerializer.Meta.fields, "possible_duplicates"]


@sent_as("Another record of the same customer", {"other": "6f1c2b9e-58a3-4a55-9c0e-2f4f6a1d7c11"})
class MergeSerializer(StrictSerializer):
    """The customer whose jobs, phone numbers, addresses and notes move."""

    other = IdField()
