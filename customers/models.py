"""Customers with their phone numbers and addresses, and the contractors that they prefer or refuse."""

from uuid import UUID

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from contractors.models import Contractor
from customers.querysets import CustomerQuerySet
from smartscheduler.core.db.external_ids import external_id_field, source_field, unique_external_id
from smartscheduler.core.db.text_fields import PLAIN_ADDRESS, ContactAddressField, LineField, NotesField, ascii_lower
from smartscheduler.core.db.text_search import LEFT_OUT
from smartscheduler.core.entry.phone_numbers import E164, compact_number, shown_number
from smartscheduler.core.geo.locations import Location
from smartscheduler.core.models import OF_THE_RECORD, Record
from smartscheduler.history.triggers import keeps_history

# For users without VIEW_CUSTOMERS: any match would reveal a hidden value.
PUBLIC_SEARCH_TEXT = LEFT_OUT


@keeps_history(exclude=[*OF_THE_RECORD, "search_text"])
class Customer(Record):
    """Person or company that jobs are done for."""

    class Language(models.TextChoices):
        ENGLISH = "en", _("English")
        SPANISH = "es", _("Spanish")

    name = LineField(_("name"), max_length=100, blank=True)
    company = LineField(_("company"), max_length=100, blank=True)
    email = ContactAddressField(_("email address"), blank=True)
    language = models.CharField(
        _("language of messages"), max_length=2, choices=Language.choices, default=Language.ENGLISH
    )
    accepts_texts = models.BooleanField(
        _("accepts text messages"),
        default=False,
        help_text=_("The customer has agreed to receive text messages."),
    )
    # The defaults are in the database, so that the previous release can still write during an upgrade.
    accepts_emails = models.BooleanField(
        _("accepts emails"),
        default=True,
        db_default=True,
        help_text=_("The customer gets emails about appointments. Each email has a link to turn them off."),
    )
    # Set when a provider reports that emails come back, and cleared when the address changes.
    email_bounced = models.BooleanField(_("emails come back"), default=False, db_default=False, editable=False)
    # The previous release reads and writes the column by its former name during an upgrade.
    external_id = external_id_field(db_column="external_reference")
    source = source_field()
    notes = NotesField(_("notes"), blank=True, max_length=4000)
    # The record that this one was merged into. A merged record has no jobs; its id leads to the other record.
    merged_into = models.ForeignKey(
        "self", verbose_name=_("merged into"), null=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    # All that a search reads, folded (customers.search_text). The services keep it.
    search_text = models.TextField(editable=False, blank=True, default="", db_default="")

    objects = CustomerQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("customer"), _("customers")
        ordering = ["name", "company", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(language__in=["en", "es"]), name="customer_language_known"),
            models.CheckConstraint(condition=Q(email__regex=PLAIN_ADDRESS), name="customer_email_in_ascii"),
            models.CheckConstraint(condition=~Q(merged_into=F("id")), name="customer_not_merged_into_itself"),
            unique_external_id("customer_external_id_once"),
        ]
        indexes = [
            models.Index(fields=["name", "company", "id"], name="customer_by_name"),
            models.Index(fields=["updated_at", "id"], name="customer_by_update"),
            models.Index(ascii_lower("email"), name="customer_by_email"),
            # Folded already (customers.search_text).
            GinIndex(
                OpClass(Upper(models.Func(F("search_text"), template="%(expressions)s")), "gin_trgm_ops"),
                name="customer_words_index",
            ),
        ]

    def __str__(self) -> str:
        return self.contact_name or gettext("Customer without a name")

    @property
    def preferred(self) -> list[UUID]:
        """Ids of the preferred contractors; expects `preferences` prefetched."""
        return self._of_kind(Preference.Kind.PREFERRED)

    @property
    def refused(self) -> list[UUID]:
        """Ids of the refused contractors; expects `preferences` prefetched."""
        return self._of_kind(Preference.Kind.REFUSED)

    def _of_kind(self, kind: str) -> list[UUID]:
        return [preference.contractor_id for preference in self.preferences.all() if preference.kind == kind]

    @property
    def contact_name(self) -> str:
        """The name on jobs and on messages: the person's, or else the company's."""
        return self.name or self.company

    @property
    def contact_phone(self) -> str:
        """The first phone number in the form that jobs have; empty without one."""
        phones = list(self.phones.all())
        return compact_number(phones[0].number) if phones else ""


@keeps_history(exclude=["created_at"], owner="customer")
class CustomerPhone(models.Model):
    """Phone number of a customer. The first one is shown on jobs."""

    class Kind(models.TextChoices):
        MOBILE = "mobile", _("Mobile")
        HOME = "home", _("Home")
        WORK = "work", _("Work")
        OTHER = "other", _("Other")

    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="phones", db_index=False
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    number = LineField(
        _("number"),
        max_length=16,
        validators=[RegexValidator(E164, _("Enter a phone number in the format +15125550143."))],
    )
    extension = LineField(
        _("extension"),
        max_length=6,
        blank=True,
        validators=[RegexValidator(r"^[0-9]{1,6}\Z", _("An extension has up to six digits."))],
    )
    kind = models.CharField(_("kind"), max_length=6, choices=Kind.choices, default=Kind.OTHER)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name, verbose_name_plural = _("phone number"), _("phone numbers")
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(number__regex=r"^\+(1[0-9]{10}|[2-9][0-9]{6,14})$"), name="customer_phone_number_e164"
            ),
            models.CheckConstraint(condition=Q(extension__regex=r"^[0-9]{0,6}$"), name="customer_phone_extension"),
            models.CheckConstraint(
                condition=Q(kind__in=["mobile", "home", "work", "other"]), name="customer_phone_kind_known"
            ),
            models.UniqueConstraint(fields=["customer", "number", "extension"], name="customer_phone_once"),
        ]
        indexes = [models.Index(fields=["number"], name="customer_phone_by_number")]

    def __str__(self) -> str:
        return " ".join(filter(None, [self.shown, self.extension and f"ext. {self.extension}"]))

    @property
    def shown(self) -> str:
        """The number for people; jobs have the compact form."""
        return shown_number(self.number)


@keeps_history(exclude=OF_THE_RECORD, owner="customer")
class CustomerAddress(Location):
    """Address of a customer, with coordinates and time zone. Jobs keep a copy of their own."""

    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="addresses"
    )

    class Meta(Location.Meta):
        abstract = False
        verbose_name, verbose_name_plural = _("address"), _("addresses")
        ordering = ["created_at", "id"]

    def __str__(self) -> str:
        return f"{self.address}, {self.city}, {self.state} {self.zip_code}"


@keeps_history(exclude=["created_at"], owner="customer")
class Preference(models.Model):
    """A contractor whom a customer prefers or refuses."""

    class Kind(models.TextChoices):
        PREFERRED = "preferred", _("Preferred")
        REFUSED = "refused", _("Refused")

    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="preferences", db_index=False
    )
    contractor = models.ForeignKey(
        Contractor, verbose_name=_("contractor"), on_delete=models.CASCADE, related_name="preferences"
    )
    kind = models.CharField(_("kind"), max_length=9, choices=Kind.choices)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name, verbose_name_plural = _("preference"), _("preferences")
        ordering = ["kind", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["preferred", "refused"]), name="preference_kind_known"),
            # A contractor is either preferred or refused.
            models.UniqueConstraint(fields=["customer", "contractor"], name="preference_once"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.contractor}"
