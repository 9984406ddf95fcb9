"""Presets: ready matches for the exports of other products. Data only, made to their published layouts.

A preset applies to files that have its `signs`. Headings that it does not know, such as fields that users of the other
product have added, are matched as in any file, and the user has a look at them.
"""

import dataclasses
import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache, cached_property

from django.utils.translation import gettext_lazy as _

from smartscheduler.core.text import LazyText
from smartscheduler.imports.synonyms import normal
from smartscheduler.imports.targets import NOTE

NO_FIELDS = re.compile(r"(?!)")


@dataclass(frozen=True)
class Preset:
    """A ready match. `headings`: the target of each heading, None if it is left out.

    `signs`: sets of headings, one of which a file must have. `others`: normalized headings that are left out.
    """

    code: str
    source: str
    label: LazyText
    kinds: tuple[str, ...]
    signs: tuple[tuple[str, ...], ...]
    headings: dict[str, str | None]
    others: "re.Pattern[str]" = NO_FIELDS

    @cached_property
    def targets(self) -> dict[str, str | None]:
        """The headings in the form in which they are compared."""
        return {normal(heading): target for heading, target in self.headings.items()}

    @cached_property
    def normal_signs(self) -> list[set[str]]:
        return [set(map(normal, sign)) for sign in self.signs]

    def knows(self, name: str) -> bool:
        return name in self.targets or bool(self.others.fullmatch(name))

    def fits(self, names: set[str]) -> bool:
        return any(sign <= names for sign in self.normal_signs)


def left_out(*headings: str) -> dict[str, str | None]:
    return dict.fromkeys(headings)


JOBBER_CLIENTS = Preset(
    code="jobber_clients",
    source="jobber",
    label=_("Jobber, clients"),
    kinds=("customers",),
    signs=(("J-ID", "Display Name"), ("Main Phone #s", "E-mails"), ("Service Street 1", "E-mails")),
    headings={
        "J-ID": "property_number",
        "Display Name": "display_name",
        "Company Name": "company",
        "First Name": "first_name",
        "Last Name": "last_name",
        "Main Phone #s": "phones",
        "Mobile Phone #s": "mobile_phone",
        "Home Phone #s": "home_phone",
        "Work Phone #s": "work_phone",
        "Other Phone #s": "phone_2",
        "E-mails": "email",
        "Tags": NOTE,
        "Service Property Name": NOTE,
        "Service Street 1": "address",
        "Service Street 2": "address_2",
        "Service City": "city",
        "Service State": "state",
        "Service Province": "state",
        "Service Zip code": "zip_code",
        "Service Postal code": "zip_code",
        "Billing Street 1": "billing_address",
        "Billing Street 2": "billing_address_2",
        "Billing City": "billing_city",
        "Billing State": "billing_state",
        "Billing Province": "billing_state",
        "Billing Zip code": "billing_zip_code",
        "Billing Postal code": "billing_zip_code",
        "Receives automatic visit reminders?": "accepts_emails",
        **left_out(
            *("Created Date", "Is Company?", "Title", "Billing Country", "Service Country", "Fax Phone #s", "Archived"),
            *("Text Message Enabled Phone #", "Receives automatic job follow-ups?", "Lead Source"),
            *("Receives automatic quote follow-ups?", "Receives automatic invoice follow-ups?"),
        ),
    },
    # Custom fields of clients and properties: CFT[Gate code], PFI[Floors].
    others=re.compile(r"[cp]f[a-z]_[a-z0-9_]{1,200}", re.ASCII),
)
JOBBER_JOBS = Preset(
    code="jobber_jobs",
    source="jobber",
    label=_("Jobber, one-off jobs"),
    kinds=("jobs",),
    signs=(("Job #", "Client name", "Visits assigned to"), ("Job #", "Client name", "Service street")),
    headings={
        "Job #": "external_id",
        "Client name": "customer_name",
        "Client phone": "customer_phone",
        "Service street": "address",
        "Service city": "city",
        "Service province": "state",
        "Service state": "state",
        "Service ZIP": "zip_code",
        "Service postal code": "zip_code",
        "Title": "special_requirements",
        "Line items": NOTE,
        "Service property name": NOTE,
        "Schedule start date": "desired_date",
        "Scheduled start date": "desired_date",
        "Closed date": "closed_date",
        "Visits assigned to": "contractor",
        **left_out(
            *(
                "Client email",
                "Lead source",
                "Billing street",
                "Billing city",
                "Billing province",
                "Billing state",
                "Billing ZIP",
            ),
            *("Created date", "Salesperson", "Invoice #s", "Quote #", "Online booking", "Expenses total ($)"),
            *("Time tracked", "Labour cost total ($)", "Labor cost total ($)", "Line item cost total ($)"),
            *("Total costs ($)", "Quote discount ($)", "Total revenue ($)", "Profit ($)", "Profit %"),
        ),
    },
)
HOUSECALL_CUSTOMERS = Preset(
    code="housecall_pro_customers",
    source="housecall-pro",
    label=_("Housecall Pro, customers"),
    kinds=("customers",),
    signs=(("Display Name", "Mobile Number", "Address_1 Street Line 1"),),
    headings={
        "ID": "external_id",
        "First Name": "first_name",
        "Last Name": "last_name",
        "Display Name": "display_name",
        "Company": "company",
        "Mobile Number": "mobile_phone",
        "Home Number": "home_phone",
        "Work Number": "work_phone",
        "Email": "email",
        "Additional Emails": NOTE,
        "Tags": NOTE,
        "Notes": "notes",
        "Do Not Service": NOTE,
        "Customer notifications enabled": "accepts_emails",
        "Address_1 Street Line 1": "address",
        "Address_1 Street Line 2": "address_2",
        "Address_1 City": "city",
        "Address_1 State": "state",
        "Address_1 Postal Code": "zip_code",
        "Address_1 Notes": NOTE,
        **left_out(
            *("Job Title", "Role", "Bills to", "Accepts bills from", "Customer Type", "Customer is Contractor"),
            *("Lead Source", "Customer created at", "Email marketing consent", "SMS marketing consent"),
            *("Last service date", "Lifetime value"),
        ),
    },
    # Further addresses: a customer has one in a row of a file.
    others=re.compile(
        r"address_[1-9]\d{0,2}_(?:street_line_1|street_line_2|city|state|postal_code|billing|notes)", re.ASCII
    ),
)
SERVICETITAN_JOBS = Preset(
    code="servicetitan_jobs",
    source="servicetitan",
    label=_("ServiceTitan, jobs"),
    kinds=("jobs",),
    signs=(
        ("Job #", "Business Unit", "Assigned Technicians"),
        ("Job #", "Location Address", "Assigned Technicians"),
        ("Job #", "Business Unit", "Scheduled Date"),
    ),
    headings={
        "Job #": "external_id",
        "Job Type": "type",
        "Status": "status",
        "Job Status": "status",
        "Priority": "priority",
        "Summary": "special_requirements",
        "Location Name": NOTE,
        "Scheduled Date": "desired_date",
        "Scheduled Time": "clock",
        "Completion Date": "closed_date",
        "Assigned Technicians": "contractor",
        "Customer ID": "customer_external_id",
        "Customer Name": "customer_name",
        "Customer Phone": "customer_phone",
        "Location Address": "address",
        "Location Street": "address",
        "Location Unit": "address_2",
        "Location City": "city",
        "Location State": "state",
        "Location Zip": "zip_code",
        "Service Address": "address",
        "Service Street": "address",
        "Service City": "city",
        "Service State": "state",
        "Service Zip": "zip_code",
        "Service Zip Code": "zip_code",
        **left_out(
            *(
                "Customer Email",
                "Job ID",
                "Business Unit",
                "Prevailing Wage",
                "Job Campaign",
                "Campaign Category",
                "Invoice #",
            ),
            *("Jobs Total", "Recall", "Paused", "Jobs Subtotal", "Jobs Payments", "Created Date", "Hold Date"),
            *("Invoice Date", "Total Appointments", "Location ID", "Tags", "Customer Tags", "Location Tags"),
            *("Material Costs", "Equipment Costs", "Actual Costs", "Next Appt Start Date", "Sold By", "Sold On"),
            *("Primary Technician", "Customer Type", "Booked By", "Dispatched By", "Location Country"),
        ),
    },
)
QUICKBOOKS_CONTACTS: dict[str, str | None] = {
    "Company": "company",
    "Company name": "company",
    "Email": "email",
    "Full address": "full_address",
    "Street Address": "address",
    "Street": "address",
    "City": "city",
    "State": "state",
    "Zip": "zip_code",
    "ZIP code": "zip_code",
    **left_out(
        *("Country", "Fax", "Website", "Attachments", "Open balance", "Opening balance", "Opening balance date"),
        *(
            "Balance",
            "Currency",
            "Terms",
            "Payment terms",
            "Payment method",
            "Tax ID",
            "Tax resale no.",
            "Resale number",
        ),
        *(
            "Account #",
            "Account no.",
            "Track 1099",
            "1099 tracking",
            "Date",
            "Last order date",
            "Created",
            "Last modified",
        ),
        *("Customer type", "Delivery address", "CC/BCC emails", "Created by", "Last modified by"),
    ),
}
QUICKBOOKS_CUSTOMERS = Preset(
    code="quickbooks_customers",
    source="quickbooks",
    label=_("QuickBooks, customers"),
    kinds=("customers",),
    signs=(
        ("Customer", "Phone numbers", "Full name"),
        ("Customer", "Phone numbers", "Billing address"),
        ("Customer", "Company name", "Open balance"),
        ("Name", "Company name", "Open balance"),
        ("Name", "Company", "Opening balance"),
        ("Customer", "Billing Street", "Open balance"),
    ),
    headings={
        **QUICKBOOKS_CONTACTS,
        "Customer": "display_name",
        "Customer full name": "display_name",
        "Name": "display_name",
        "Full name": "name",
        "First name": "first_name",
        "Last name": "last_name",
        "Phone": "phones",
        "Phone numbers": "phones",
        "Mobile": "mobile_phone",
        "Notes": "notes",
        "Note": "notes",
        "Shipping address": "full_address",
        "Shipping Street": "address",
        "Shipping City": "city",
        "Shipping State": "state",
        "Shipping ZIP": "zip_code",
        "Billing address": "billing_full_address",
        "Billing Street": "billing_address",
        "Billing City": "billing_city",
        "Billing State": "billing_state",
        "Billing ZIP": "billing_zip_code",
        **left_out("Billing Country", "Shipping Country"),
    },
)
QUICKBOOKS_VENDORS = Preset(
    code="quickbooks_vendors",
    source="quickbooks",
    label=_("QuickBooks, vendors"),
    kinds=("contractors",),
    signs=(
        ("Vendor", "Phone numbers", "Full name"),
        ("Vendor", "Phone numbers", "Billing address"),
        ("Vendor", "Track 1099"),
        ("Vendor", "Open balance"),
        ("Name", "Company", "Opening balance"),
    ),
    headings={
        **QUICKBOOKS_CONTACTS,
        "Vendor": "name",
        "Name": "name",
        "Full name": None,
        "First name": None,
        "Last name": None,
        "Phone": "phone_number",
        "Phone numbers": "phone_number",
        "Mobile": "phone_2",
        "Billing address": "full_address",
        "Address": "full_address",
        "Billing Street": "address",
        "Billing City": "city",
        "Billing State": "state",
        "Billing ZIP": "zip_code",
        **left_out("Notes", "Note", "Billing Country", "Bill with parent"),
    },
)
GOOGLE_CONTACTS = Preset(
    code="google_contacts",
    source="google-contacts",
    label=_("Google Contacts"),
    kinds=("customers", "contractors"),
    signs=(
        ("First Name", "Organization Name", "E-mail 1 - Value"),
        ("First Name", "Phonetic First Name", "Organization Name", "Labels"),
        ("Given Name", "Family Name", "E-mail 1 - Value"),
        ("Given Name", "Family Name", "Phone 1 - Value"),
    ),
    headings={
        "Name": "display_name",
        "File As": "display_name",
        "First Name": "first_name",
        "Given Name": "first_name",
        "Middle Name": "middle_name",
        "Additional Name": "middle_name",
        "Last Name": "last_name",
        "Family Name": "last_name",
        "Organization Name": "company",
        "Organization 1 - Name": "company",
        "E-mail 1 - Value": "email",
        "Phone 2 - Value": "phone_2",
        "Phone 3 - Value": "phone_3",
        "Phone 4 - Value": "phone_4",
        "Address 1 - Formatted": "full_address",
        "Address 1 - Street": "address",
        "Address 1 - Extended Address": "address_2",
        "Address 1 - City": "city",
        "Address 1 - Region": "state",
        "Address 1 - Postal Code": "zip_code",
        **left_out(
            *("Phonetic First Name", "Phonetic Middle Name", "Phonetic Last Name", "Name Prefix", "Name Suffix"),
            *("Nickname", "Organization Title", "Organization Department", "Birthday", "Photo", "Labels", "Yomi Name"),
            *("Given Name Yomi", "Additional Name Yomi", "Family Name Yomi", "Initials", "Short Name", "Maiden Name"),
            *("Gender", "Location", "Billing Information", "Directory Server", "Mileage", "Occupation", "Hobby"),
            *("Sensitivity", "Priority", "Subject", "Language", "Group Membership"),
        ),
    },
    others=re.compile(
        r"(?:e_mail|phone|im|address|organization|relation|external_id|website|event|custom_field|calendar_link|jot)"
        r"_[1-9]\d{0,2}_[a-z_]{1,40}",
        re.ASCII,
    ),
)
# Targets of a preset that differ by kind.
OF_KIND: dict[tuple[str, str], dict[str, str | None]] = {
    ("google_contacts", "customers"): {"Phone 1 - Value": "phones", "Notes": "notes"},
    ("google_contacts", "contractors"): {"Phone 1 - Value": "phone_number", "Notes": None},
}
PRESETS = (
    JOBBER_CLIENTS,
    JOBBER_JOBS,
    HOUSECALL_CUSTOMERS,
    SERVICETITAN_JOBS,
    QUICKBOOKS_CUSTOMERS,
    QUICKBOOKS_VENDORS,
    GOOGLE_CONTACTS,
)


@cache
def presets_of(kind: str) -> tuple[Preset, ...]:
    """The presets of a kind of record, with the targets of this kind."""
    return tuple(
        dataclasses.replace(preset, headings=preset.headings | OF_KIND.get((preset.code, kind), {}))
        for preset in PRESETS
        if kind in preset.kinds
    )


def preset_of(kind: str, names: Collection[str]) -> Preset | None:
    """The preset for a file with these normalized headings: of those that fit, the one that knows the most of them."""
    fitting = [preset for preset in presets_of(kind) if preset.fits(set(names))]
    return max(fitting, key=lambda preset: sum(map(preset.knows, names)), default=None)


def preset_label(code: str) -> LazyText:
    """The name of a preset for users; empty for an unknown one."""
    return next((preset.label for preset in PRESETS if preset.code == code), "")


def source_of(code: str) -> str:
    """The `source` of the records of a file with this preset; empty for an unknown one."""
    return next((preset.source for preset in PRESETS if preset.code == code), "")
