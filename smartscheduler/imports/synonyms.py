"""Headings that other products and office spreadsheets use, by target. The first heading of a list fits best."""

import unicodedata
from functools import cache

from smartscheduler.imports.file_reader import heading
from smartscheduler.imports.targets import NAMES, NOTE, NOTES, PHONE_PARTS, PHONES, targets_of

LONGEST_HEADING = 200
# Words in front of a heading that add nothing: `Customer City` of a job is the city.
PREFIXES = {
    "contractors": ("contractor_", "vendor_", "employee_", "technician_", "tech_", "crew_", "main_", "primary_"),
    "customers": ("customer_", "client_", "account_", "contact_", "primary_", "main_", "home_"),
    "jobs": ("customer_", "client_", "job_", "service_", "site_", "property_", "location_", "appointment_", "primary_"),
}
NAME = ("name", "full_name", "name_full")
MOBILE = ("mobile", "mobile_phone", "mobile_number", "cell", "cell_phone", "cellphone", "cell_number", "movil")
HOME = ("home_phone", "home_number", "home_telephone")
WORK = ("work_phone", "work_number", "office_phone", "business_phone", "office")
PHONE = (
    *("phone", "phone_number", *MOBILE[:3], *MOBILE[3:], "telephone", "tel", "telefono", "main_phone", "primary_phone"),
    *(
        "phone_1",
        "phone_1_value",
        "phone_numbers",
        "phones",
        "contact_number",
        *HOME,
        *WORK,
        "alt_phone",
        "other_phone",
    ),
    *("alternate_phone", "phone_2", "phone_2_value", "second_phone", "phone_3", "phone_3_value", "phone_4"),
)
EMAIL = (
    *("email", "e_mail", "email_address", "e_mail_address", "mail", "main_email", "primary_email", "emails", "e_mails"),
    *("e_mail_1_value", "email_1_value", "work_email", "home_email", "correo", "contact_email"),
)
EXTERNAL = ("external_reference", "reference", "ref", "external_number")
NOTE_WORDS = ("notes", "note", "comments", "comment", "remarks", "memo", "description", "details", "instructions")
COMMON: dict[str, tuple[str, ...]] = {
    "first_name": ("first_name", "first", "given_name", "firstname", "name_first", "nombre"),
    "middle_name": ("middle_name", "middle", "middle_initial", "additional_name"),
    "last_name": ("last_name", "last", "family_name", "surname", "lastname", "name_last", "apellido"),
    "display_name": ("display_name", "display_name_as", "print_on_check_as"),
    "company": ("company", "company_name", "business", "business_name", "organization", "organization_name"),
    "address": (
        *("address", "street", "street_address", "service_address", "service_street", "address_1", "address_line_1"),
        *("street_1", "address1", "street1", "job_address", "site_address", "property_address", "location"),
        *("home_address", "mailing_address", "direccion", "billing_street", "billing_address", "billing_street_1"),
    ),
    "address_2": (
        *("address_2", "address_line_2", "street_2", "address2", "street2", "unit", "apt", "apartment", "suite"),
        *("street_line_2", "apt_suite", "unit_number", "billing_street_2"),
    ),
    "full_address": ("full_address", "complete_address", "whole_address", "address_1_formatted"),
    "city": ("city", "town", "municipality", "ciudad", "billing_city"),
    "state": ("state", "st", "province", "state_province", "region", "estado", "billing_state", "billing_province"),
    "zip_code": (
        *("zip", "zip_code", "zipcode", "postal_code", "postcode", "zip_postal_code", "postal"),
        *("billing_zip", "billing_zip_code", "billing_postal_code"),
    ),
    "latitude": ("latitude", "lat"),
    "longitude": ("longitude", "lon", "long", "lng"),
    "time_zone": ("timezone", "tz"),
    "source": ("source_system",),
}
OF_KIND: dict[str, dict[str, tuple[str, ...]]] = {
    "contractors": {
        "name": (
            *("contractor", "contractor_name", "vendor", "vendor_name", "crew", "crew_name", "installer"),
            *("technician", "employee", "sub", "subcontractor"),
        ),
        "type": ("trade", "trades", "contractor_type", "job_type", "specialty", "trade_type", "work_type", "category"),
        "skills": ("skill", "abilities", "certifications", "tags", "qualifications"),
        "service_radius_miles": ("radius", "service_radius", "radius_miles", "miles", "max_miles", "travel_radius"),
        "working_hours": ("hours", "schedule", "shifts", "availability", "business_hours"),
        "external_id": (
            *("id", "contractor_id", "vendor_id", "employee_id", "vendor_number", "employee_number", "number"),
            *EXTERNAL,
        ),
    },
    "customers": {
        "name": ("customer", "client", "contact", "contact_name", "customer_name", "client_name"),
        "external_id": (
            *("id", "customer_id", "client_id", "account_id", "account_number", "customer_number", "client_number"),
            *("number", "account_no", *EXTERNAL),
        ),
        "language": ("preferred_language",),
        "mobile_phone": MOBILE,
        "home_phone": HOME,
        "work_phone": WORK,
        "billing_full_address": ("billing_address_full",),
        "billing_address": ("billing_street", "billing_address", "billing_street_1", "billing_address_1", "bill_to"),
        "billing_address_2": ("billing_street_2", "billing_address_2"),
        "billing_city": ("billing_city",),
        "billing_state": ("billing_state", "billing_province"),
        "billing_zip_code": ("billing_zip", "billing_zip_code", "billing_postal_code"),
    },
    "jobs": {
        "customer_name": ("customer", "client", "client_name", "customer_full_name", "homeowner", "contact_name"),
        "job_number": ("job_no",),
        "external_id": (
            *("job_number", "job_id", "job", "work_order", "work_order_number", "wo_number", "order_number", "id"),
            *("invoice", "invoice_number", "ticket", "ticket_number", "number", *EXTERNAL),
        ),
        "type": (
            *("job_type", "trade", "trades", "work", "service", "service_type", "work_type", "category"),
            "business_unit",
        ),
        "desired_date": (
            *("date", "wanted", "date_wanted", "requested_date", "desired", "due_date", "job_date", "install_date"),
            *("service_date", "scheduled_date", "schedule_date", "appointment_date", "date_time", "when", "scheduled"),
            *("day", "visit_date"),
        ),
        "start": (
            *("scheduled_start", "start_date", "start_at", "start_date_time", "scheduled_start_date", "booked_start"),
            *("appointment_start", "scheduled_date", "schedule_start_date", "begin"),
        ),
        "end": (
            "scheduled_end",
            "end_date",
            "end_at",
            "end_date_time",
            "scheduled_end_date",
            "appointment_end",
            "finish",
        ),
        "clock": (
            *(
                "time",
                "start_time",
                "arrival_time",
                "arrive",
                "arrival",
                "from",
                "hour",
                "scheduled_time",
                "begin_time",
            ),
            "from_time",
        ),
        "end_clock": ("end_time", "to", "until", "finish_time", "to_time"),
        "contractor": (
            *("technician", "tech", "crew", "installer", "assigned_to", "assigned_technician", "assigned_technicians"),
            *("assigned_employees", "assigned_employee", "assigned_team", "team", "employee", "visits_assigned_to"),
            *("contractor_name", "contractor_email"),
        ),
        "customer_external_id": ("customer_id", "client_id", "customer_number", "account_number"),
        "status": ("job_status", "stage", "state_of_job"),
        "duration": (
            *("hours", "length", "how_long", "estimated_hours", "time_needed", "est_hours", "est_time", "hrs"),
            *("estimated_duration", "estimated_time", "job_duration"),
        ),
        "closed_date": ("closed_date", "completion_date", "completed_date", "completed_on", "date_completed"),
        "required_skills": ("skills", "skills_needed"),
        "priority": ("urgency",),
        "special_requirements": (*NOTE_WORDS, "requirements", "special_instructions", "job_notes", "scope"),
        "window_start": ("arrival_window_start", "window_from"),
        "window_end": ("arrival_window_end", "window_to"),
        "rating": ("stars", "score"),
    },
}


# Billing addresses come after all others.
OF_BILLS = 2_000


@cache
def synonyms_of(kind: str) -> dict[str, dict[str, int]]:
    """Targets with their rank, by normalized heading."""
    lists = dict(COMMON)
    lists[NAMES[kind]] = NAME
    lists["email"] = EMAIL
    lists[PHONES[kind]] = PHONE
    for part in PHONE_PARTS:
        lists[part] = PHONE
    if kind in NOTES and kind != "jobs":
        lists[NOTES[kind]] = NOTE_WORDS
    for target, words in OF_KIND[kind].items():
        lists[target] = (*lists.get(target, ()), *words)
    names = {*targets_of(kind).names} - {NOTE}
    by_heading: dict[str, dict[str, int]] = {}
    for target, words in lists.items():
        # A further phone number takes what the first one leaves.
        later = 100 * (PHONE_PARTS.index(target) + 1) if target in PHONE_PARTS else 0
        for rank, word in enumerate(words if target in names else ()):
            of_bills = OF_BILLS if word.startswith("bill") and not target.startswith("bill") else 0
            by_heading.setdefault(word, {}).setdefault(target, rank + later + of_bills)
    return by_heading


def normal(title: str) -> str:
    """A heading without accents, signs and case: `Teléfono *` becomes `telefono`, `Job #` `job_number`."""
    plain = unicodedata.normalize("NFKD", title[:LONGEST_HEADING].replace("#", " number "))
    return heading("".join(letter for letter in plain if not unicodedata.combining(letter)))
