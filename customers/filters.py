"""Filters and search of the customer list in the API."""

import django_filters
from django.utils.translation import gettext_lazy as _
from rest_framework.request import Request

from customers.models import Customer
from customers.search_text import search_key
from smartscheduler.accounts.visibility_rest import VisibleFieldsSearch


class CustomerFilter(django_filters.FilterSet):
    external_reference = django_filters.CharFilter(max_length=60, label=_("Has this external reference."))

    class Meta:
        model = Customer
        fields: list[str] = []


class CustomerSearch(VisibleFieldsSearch):
    """`?search=` over name, company, phone numbers, email address and street, in any spelling."""

    def get_search_terms(self, request: Request) -> list[str]:
        return [key for term in super().get_search_terms(request) if (key := search_key(term))]
