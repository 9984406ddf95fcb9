"""Filters and search of the customer list in the API."""

from rest_framework.request import Request

from customers.models import Customer
from customers.search_text import search_key
from smartscheduler.accounts.visibility_rest import VisibleFieldsSearch
from smartscheduler.core.rest.filters import ExternalIdFilters


class CustomerFilter(ExternalIdFilters):
    class Meta:
        model = Customer
        fields: list[str] = []


class CustomerSearch(VisibleFieldsSearch):
    """`?search=` over name, company, phone numbers, email address and street, in any spelling."""

    def get_search_terms(self, request: Request) -> list[str]:
        return [key for term in super().get_search_terms(request) if (key := search_key(term))]
