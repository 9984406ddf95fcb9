"""Admin of customers: contact data, addresses and preferred contractors, saved by services. Apps above add tabs."""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, cast

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.decorators import display

from contractors.admin.inlines import BoundedInline
from customers import services
from customers.admin.forms import AddressForm, CustomerForm, CustomerRows, MergeForm, PhoneForm, PreferenceForm
from customers.duplicates import duplicates_of, with_details
from customers.models import PUBLIC_SEARCH_TEXT, Customer, CustomerAddress, CustomerPhone, Preference
from customers.querysets import CustomerQuerySet
from customers.search_text import search_key
from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Permission
from smartscheduler.accounts.visibility import HIDDEN, can_see, hidden_fields
from smartscheduler.adminsite import registry
from smartscheduler.adminsite.changelists import ListAdmin, split_search
from smartscheduler.adminsite.history.views import HistoryAdmin
from smartscheduler.adminsite.permissions import may, person
from smartscheduler.adminsite.record_actions import RecordAction, RecordAdmin
from smartscheduler.adminsite.registry import Panel
from smartscheduler.adminsite.service_forms import (
    OTHER_SYSTEM,
    AskingChoices,
    ServiceAdmin,
    ServiceForm,
    changed,
    submitted,
)
from smartscheduler.adminsite.tabs import Tab, TabbedAdmin
from smartscheduler.core.text import LazyText, normalize_search


class CustomerInline(AskingChoices, BoundedInline):
    """Table of the rows of a customer, without the fields that the user may not see."""

    owner = "customer"
    formset = CustomerRows
    extra = 0
    hide_title = True

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        hidden = hidden_fields(self.model._meta.label_lower, request.user)
        return [name for name in cast("Sequence[str]", self.fields) if name not in hidden]


class PhoneInline(CustomerInline):
    model = CustomerPhone
    form = PhoneForm
    fields = ("number", "extension", "kind")
    max_num = services.MOST_PHONES
    verbose_name_plural = _("Phone numbers")

    def get_extra(self, request: HttpRequest, obj: Model | None = None, **kwargs: Any) -> int:
        return 0 if obj else 1


class AddressInline(CustomerInline):
    model = CustomerAddress
    form = AddressForm
    fields = ("address", "city", "state", "zip_code")
    max_num = services.MOST_ADDRESSES
    verbose_name_plural = _("Addresses")


class PreferenceInline(CustomerInline):
    model = Preference
    form = PreferenceForm
    fields = ("contractor", "kind")
    autocomplete_fields = ("contractor",)
    max_num = services.MOST_PREFERENCES
    verbose_name_plural = _("Preferred and refused contractors")


def _merge(customer: Customer, actor: User, *, other: Customer) -> Customer:
    return services.merge_customers(customer_id=customer.pk, other_id=other.pk, actor=actor)


def _consequences(customer: Customer) -> list[LazyText]:
    return [
        _("All jobs, phone numbers, addresses and notes of the other customer move to this one."),
        _("Fields that are empty here are filled from the other record."),
        _("The other record no longer appears in lists. This cannot be undone."),
    ]


MERGE = RecordAction(
    name="merge",
    label=_("Merge …"),
    icon="merge",
    question=_("Which record is the same customer as {0}?"),
    done=_("The other record was merged into {0}."),
    submit=_("Merge"),
    run=_merge,
    allowed=lambda user, customer: user.allows(Permission.CHANGE_JOBS) and user.allows(Permission.VIEW_CUSTOMERS),
    possible=lambda customer: customer.merged_into_id is None,
    form=lambda customer: MergeForm,
    consequences=_consequences,
    danger=True,
)


@admin.register(Customer)
class CustomerAdmin(RecordAdmin, TabbedAdmin, ServiceAdmin, HistoryAdmin, ListAdmin):
    form = CustomerForm
    change_form_before_template = "admin/customers/duplicates.html"
    record_actions = (MERGE,)
    inlines = (PhoneInline, AddressInline, PreferenceInline)
    list_display = ("who", "shown_phone", "shown_email", "place", "language")
    list_display_links = ("who",)
    list_filter = ("language", "accepts_texts", "accepts_emails", "email_bounced")
    ordering = ("-created_at", "id")
    search_fields = ("search_text",)
    public_search_text, full_search_permission = PUBLIC_SEARCH_TEXT, Permission.VIEW_CUSTOMERS
    open_search_help_text = _("Your role cannot search customers")
    search_help_text = _("Name, company, phone, email or address")
    compressed_fields = warn_unsaved_form = True
    fieldsets: ClassVar[Any] = (
        (None, {"fields": (("name", "company"), ("email",))}),
        (_("Messages"), {"fields": (("language", "accepts_emails", "accepts_texts"),)}),
        (_("Notes"), {"fields": ("notes",)}),
        OTHER_SYSTEM,
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return with_details(cast(CustomerQuerySet, super().get_queryset(request)))

    def search(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        """Search without merged records. Users who may not see customers get no names as suggestions."""
        customers = cast(CustomerQuerySet, queryset).current()
        if request.path.endswith("/autocomplete/") and not can_see(person(request), Permission.VIEW_CUSTOMERS):
            return customers.none(), False
        terms = [search_key(term) for term in split_search(normalize_search(search_term))]
        return super().search(request, customers, " ".join(f'"{term}"' for term in terms if term))

    def redact_record(self, record: Any, reader: User, *, instead: str = "") -> Any:
        """Also empty the loaded phone numbers and addresses, which columns show."""
        record = super().redact_record(record, reader, instead=str(HIDDEN))
        if not can_see(reader, Permission.VIEW_CUSTOMERS):
            loaded = getattr(record, "_prefetched_objects_cache", {})
            loaded |= {name: getattr(record, name).none() for name in ("phones", "addresses") if name in loaded}
        return record

    def write(self, request: HttpRequest, form: ServiceForm, formsets: Sequence[Any], *, change: bool) -> None:
        actor, lists = person(request), _lists(formsets, always=not change)
        if change:
            services.update_customer(customer_id=form.instance.pk, actor=actor, **changed(form), **lists)
        else:
            created = services.create_customer(actor=actor, **submitted(form), **lists)
            form.instance.pk = created.pk  # Django's formsets have emptied the key of the unsaved instance

    def has_change_permission(self, request: HttpRequest, obj: Customer | None = None) -> bool:
        """Merged records are read-only."""
        return not (obj and obj.merged_into_id) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Customer | None = None) -> bool:
        return False

    def further_tabs(self, request: HttpRequest, record: Customer) -> Iterable[Tab]:
        yield from super().further_tabs(request, record)
        yield Tab(name="history", title=gettext("History"), url=self.address("history", record))

    def get_inline_instances(self, request: HttpRequest, obj: Customer | None = None) -> list[Any]:
        """Inlines in tabs for an existing customer; a new one is entered on a single page."""
        instances = cast(list[TabularInline], super().get_inline_instances(request, obj))
        for inline in instances:
            inline.tab = obj is not None
        return instances

    @display(description=_("Customer"), ordering="name", header=True)
    def who(self, customer: Customer) -> list[str]:
        return [str(customer), customer.company if customer.name else ""]

    @display(description=_("Phone number"))
    def shown_phone(self, customer: Customer) -> str:
        return customer.contact_phone

    @display(description=_("Email address"))
    def shown_email(self, customer: Customer) -> str:
        return customer.email

    @display(description=_("City"))
    def place(self, customer: Customer) -> str:
        addresses = list(customer.addresses.all())
        return f"{addresses[0].city}, {addresses[0].state}" if addresses else ""


def _lists(formsets: Sequence[Any], *, always: bool) -> dict[str, Any]:
    """The lists of the changed tables, for the services."""
    phones, addresses, preferences = formsets[:3]
    lists: dict[str, Any] = {}
    if always or phones.has_changed():
        lists["phones"] = phones.values
    if always or addresses.has_changed():
        lists["addresses"] = addresses.values
    if always or preferences.has_changed():
        rows = [form.cleaned_data for form in preferences.kept]
        for kind in Preference.Kind.values:
            lists[kind] = [row["contractor"].pk for row in rows if row["kind"] == kind]
    return lists


@registry.notice(Customer)
def merged(request: HttpRequest, customer: Customer) -> Panel | None:
    """The record that this one was merged into, or the likely duplicates."""
    if customer.merged_into_id:
        return Panel("admin/customers/merged.html", {"customer": customer.merged_into})
    if not may(request, Permission.VIEW_CUSTOMERS):
        return None
    duplicates = duplicates_of(Customer.objects.get(pk=customer.pk))
    return Panel("admin/customers/similar.html", {"duplicates": duplicates}) if duplicates else None
