"""Inventory of personal data: every field, whom it is about, the purpose, the retention, and the effect of an erasure.

A test checks that each text field of all models is listed here or in `NOT_PERSONAL`, and that the table of
docs/privacy.md has the same entries. History tables contain the fields of their records and follow their entries.
"""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from smartscheduler.core.text import LazyText

CONTRACTOR, CUSTOMER, USER = "contractor", "customer", "user"
ANY_PERSON = (CONTRACTOR, CUSTOMER, USER)


@dataclass(frozen=True)
class Held:
    """Fields of a model (`app.Model`). `free`: free text, which can name any person."""

    model: str
    fields: tuple[str, ...]
    of: tuple[str, ...]
    why: LazyText
    kept: LazyText
    erasing: LazyText
    free: bool = False


FOR_AS_LONG = _("as long as the contractor")
AS_THE_CUSTOMER = _("as long as a job of the customer, or 7 years without a job (JOB_RETENTION_DAYS)")
WITH_THE_JOB = _("7 years after the end of the job (JOB_RETENTION_DAYS)")
AUDIT = _("3 years (AUDIT_RETENTION_DAYS)")
AS_THE_PLAN = _("90 days (PLAN_RETENTION_DAYS); the accepted part of a plan as long as its jobs")
REDACTED = _("names, phone numbers and addresses of the person are redacted")

INVENTORY: tuple[Held, ...] = (
    Held(
        "contractors.Contractor",
        ("name",),
        (CONTRACTOR,),
        _("to identify the contractor"),
        FOR_AS_LONG,
        _("replaced by “Former contractor N”"),
    ),
    Held(
        "contractors.Contractor",
        ("phone_number", "email"),
        (CONTRACTOR,),
        _("to contact the contractor; the email address identifies the contractor in imports"),
        FOR_AS_LONG,
        _("replaced by invalid values"),
    ),
    Held(
        "contractors.Contractor",
        ("external_id",),
        (CONTRACTOR,),
        _("to find the contractor by the number of another system"),
        FOR_AS_LONG,
        _("deleted"),
    ),
    Held(
        "contractors.Contractor",
        ("address", "zip_code", "latitude", "longitude"),
        (CONTRACTOR,),
        _("to rank by distance and to compute drives"),
        FOR_AS_LONG,
        _("street and ZIP code are removed, coordinates are rounded to a tenth of a degree; city and state stay"),
    ),
    Held(
        "contractors.Absence",
        ("kind",),
        (CONTRACTOR,),
        _("to record the reason of an absence"),
        FOR_AS_LONG,
        _("replaced by “other”; the period stays, for utilization"),
    ),
    Held(
        "contractors.Absence",
        ("note",),
        ANY_PERSON,
        _("to record the reason of an absence"),
        FOR_AS_LONG,
        _("deleted for a contractor; otherwise names, phone numbers and addresses of the person are redacted"),
        free=True,
    ),
    Held(
        "contractors.Rating",
        ("comment",),
        ANY_PERSON,
        _("to rate the work"),
        FOR_AS_LONG,
        _(
            "deleted for a contractor, the stars stay; otherwise names, phone numbers and addresses of the "
            "person are redacted"
        ),
        free=True,
    ),
    Held(
        "customers.Customer",
        ("name", "company", "email", "external_id", "search_text"),
        (CUSTOMER,),
        _("to recognize and to contact the customer"),
        AS_THE_CUSTOMER,
        _("the name is replaced by “Former customer N”, all else is deleted"),
    ),
    Held(
        "customers.Customer",
        ("notes",),
        ANY_PERSON,
        _("to serve the customer"),
        AS_THE_CUSTOMER,
        _("deleted for a customer; otherwise names, phone numbers and addresses of the person are redacted"),
        free=True,
    ),
    Held(
        "customers.CustomerPhone",
        ("number", "extension"),
        (CUSTOMER,),
        _("to contact the customer"),
        AS_THE_CUSTOMER,
        _("deleted"),
    ),
    Held(
        "customers.CustomerAddress",
        ("address", "zip_code", "latitude", "longitude"),
        (CUSTOMER,),
        _("to find the site of the next job"),
        AS_THE_CUSTOMER,
        _("deleted"),
    ),
    Held(
        "jobs.Job",
        ("customer_name", "customer_phone"),
        (CUSTOMER,),
        _("to contact the customer"),
        WITH_THE_JOB,
        _("the name is replaced by “Former customer N”, the phone number is deleted"),
    ),
    Held(
        "jobs.Job",
        ("address", "zip_code", "latitude", "longitude"),
        (CUSTOMER,),
        _("to find the site and to rank by distance"),
        WITH_THE_JOB,
        _("street and ZIP code are removed, coordinates are rounded to a tenth of a degree; city and state stay"),
    ),
    Held(
        "jobs.Job",
        ("special_requirements",),
        ANY_PERSON,
        _("to do the work as requested"),
        WITH_THE_JOB,
        _("deleted for a customer; otherwise names, phone numbers and addresses of the person are redacted"),
        free=True,
    ),
    Held("jobs.Job", ("cancel_reason",), ANY_PERSON, _("to record the reason"), WITH_THE_JOB, REDACTED, free=True),
    Held(
        "assignments.Assignment",
        ("cancel_reason", "override_reason", "window_break_reason", "score_breakdown"),
        ANY_PERSON,
        _("to explain later why this contractor was chosen"),
        WITH_THE_JOB,
        _("names, phone numbers and addresses of the person are redacted; scores and ranks stay"),
        free=True,
    ),
    Held(
        "notifications.Mail",
        ("recipient",),
        (CONTRACTOR,),
        _("to prove what was sent to which address"),
        _("1 year (MAIL_RETENTION_DAYS)"),
        _("deleted; waiting messages are not sent"),
    ),
    Held(
        "notifications.Mail",
        ("reason", "error", "subject"),
        ANY_PERSON,
        _("to record the reason of a message and of a failure"),
        _("1 year (MAIL_RETENTION_DAYS)"),
        _(
            "the error is deleted for a contractor; otherwise names, phone numbers and addresses of the "
            "person are redacted"
        ),
        free=True,
    ),
    Held(
        "notifications.CustomerMessage",
        ("recipient", "subject", "body"),
        ANY_PERSON,
        _("to tell the customer of appointments, and to prove what was sent to which address"),
        _("1 year (MAIL_RETENTION_DAYS)"),
        _(
            "deleted for a customer, queued messages are not sent; otherwise names, phone numbers and addresses of the "
            "person are redacted"
        ),
        free=True,
    ),
    Held(
        "notifications.CustomerMessage",
        ("error",),
        ANY_PERSON,
        _("to record the reason of a failure"),
        _("1 year (MAIL_RETENTION_DAYS)"),
        _("deleted for a customer; otherwise names, phone numbers and addresses of the person are redacted"),
        free=True,
    ),
    Held(
        "notifications.MessageTemplate",
        ("subject", "body"),
        ANY_PERSON,
        _("to write messages to customers"),
        _("as long as the product"),
        REDACTED,
        free=True,
    ),
    Held(
        "events.OutboxEvent",
        ("data",),
        ANY_PERSON,
        _("to notify live pages and client programs of changes"),
        _("90 days (EVENT_RETENTION_DAYS)"),
        _(
            "names are replaced, values of the person's fields become null, names, phone numbers and "
            "addresses of the person are redacted"
        ),
        free=True,
    ),
    Held(
        "events.OutboxEvent",
        ("actor",),
        (USER,),
        _("to record the author"),
        _("90 days (EVENT_RETENTION_DAYS)"),
        _("replaced by “Former user N”"),
    ),
    Held(
        "imports.ImportRun",
        ("name", "table", "content", "problem"),
        ANY_PERSON,
        _("to check and import the file and to return it with its results"),
        _("90 days (IMPORT_RETENTION_DAYS)"),
        _("a file that names the person is deleted with all its rows"),
    ),
    Held(
        "imports.ImportedRow",
        ("label", "key", "errors", "remarks"),
        ANY_PERSON,
        _("to report the result of each row"),
        _("90 days (IMPORT_RETENTION_DAYS)"),
        _("deleted with the file"),
    ),
    Held(
        "imports.SavedMapping",
        ("name",),
        ANY_PERSON,
        _("to tell saved matches of columns apart, often by the name of a file"),
        _("until it is deleted"),
        REDACTED,
        True,
    ),
    Held(
        "idempotency.KeptAnswer",
        ("body",),
        ANY_PERSON,
        _("to return the same response to a repeated request"),
        _("1 day"),
        _("the response is emptied, the key stays"),
    ),
    Held(
        "geocoding.GeocodedAddress",
        ("key", "latitude", "longitude"),
        (CONTRACTOR, CUSTOMER),
        _("to avoid repeated geocoding requests"),
        _("30 days"),
        _("deleted"),
    ),
    Held(
        "adminsite.SavedView",
        ("name", "query"),
        ANY_PERSON,
        _("to save filtered lists under a name"),
        _("as long as the account"),
        _("views that name the person are deleted; for an account, all of its views"),
    ),
    Held(
        "rules.RulesVersion",
        ("note",),
        ANY_PERSON,
        _("to record the purpose of a change"),
        _("as long as the product"),
        REDACTED,
        True,
    ),
    Held(
        "admin.LogEntry",
        ("object_repr", "change_message"),
        ANY_PERSON,
        _("log of Django's admin"),
        _("as long as the database"),
        _("the name is replaced, names, phone numbers and addresses of the person are redacted"),
        free=True,
    ),
    Held(
        "recommendations.Lookup",
        ("error",),
        ANY_PERSON,
        _("to record why no road distance is known"),
        _("as long as the job"),
        REDACTED,
        free=True,
    ),
    Held(
        "planning.Plan",
        ("scope", "failure"),
        ANY_PERSON,
        _("to say what was planned, and why a run failed"),
        AS_THE_PLAN,
        REDACTED,
        free=True,
    ),
    Held(
        "planning.PlanItem",
        ("score_breakdown", "previous_decision", "stale_reason", "suggestion"),
        ANY_PERSON,
        _("to explain a proposed booking, and why it could not be made"),
        AS_THE_PLAN,
        REDACTED,
        free=True,
    ),
    Held(
        "planning.PlanMiss",
        ("sentence", "numbers"),
        ANY_PERSON,
        _("to explain why a job was left out"),
        AS_THE_PLAN,
        REDACTED,
        free=True,
    ),
    Held(
        "travel.ProviderDay",
        ("error",),
        ANY_PERSON,
        _("to record errors of a provider"),
        _("as long as the estimates"),
        REDACTED,
        True,
    ),
    Held(
        "accounts.User",
        ("email", "name"),
        (USER,),
        _("to sign in, and to identify authors"),
        _("as long as the account"),
        _("the name is replaced by “Former user N”, the email address by an invalid one; the account is deactivated"),
    ),
    Held("accounts.User", ("password",), (USER,), _("to sign in"), _("as long as the account"), _("made unusable")),
    Held(
        "otp_totp.TOTPDevice",
        ("name", "key"),
        (USER,),
        _("second factor"),
        _("as long as the account"),
        _("deleted"),
    ),
    Held(
        "otp_static.StaticDevice",
        ("name",),
        (USER,),
        _("recovery codes of the second factor"),
        _("as long as the account"),
        _("deleted"),
    ),
    Held(
        "otp_static.StaticToken",
        ("token",),
        (USER,),
        _("recovery codes of the second factor"),
        _("as long as the account"),
        _("deleted"),
    ),
    Held(
        "axes.AccessAttempt",
        ("user_agent", "ip_address", "username", "http_accept", "path_info", "get_data", "post_data"),
        (USER,),
        _("to lock out password guessing"),
        AUDIT,
        _("deleted"),
    ),
    Held(
        "axes.AccessFailureLog",
        ("user_agent", "ip_address", "username", "http_accept", "path_info"),
        (USER,),
        _("to lock out password guessing"),
        AUDIT,
        _("deleted"),
    ),
    Held(
        "axes.AccessLog",
        ("user_agent", "ip_address", "username", "http_accept", "path_info", "session_hash"),
        (USER,),
        _("to prove who signed in"),
        AUDIT,
        _("deleted"),
    ),
    Held(
        "audit.AuditEntry",
        ("name", "about_name", "address"),
        (USER,),
        _("to prove who signed in, exported data and changed accounts"),
        AUDIT,
        _("the name is replaced by “Former user N”, the network address is deleted"),
    ),
    Held("accounts.BrowserSession", ("session_data",), (USER,), _("to stay signed in"), _("12 hours"), _("deleted")),
    Held(
        "history",
        ("pgh_context",),
        (USER,),
        _("to record the author of a change"),
        AUDIT,
        _("the name is replaced by “Former user N”"),
    ),
    Held(
        "history",
        ("pgh_before",),
        ANY_PERSON,
        _("to show previous values"),
        AUDIT,
        _("as the fields of the record"),
    ),
)

# Text fields without personal data: choices, codes, ids, and texts generated by the product.
NOT_PERSONAL: dict[str, str] = {
    "contractors.Contractor": "city state time_zone type status skills source",
    "customers.Customer": "language source",
    "customers.CustomerPhone": "kind",
    "customers.CustomerAddress": "city state time_zone",
    "customers.Preference": "kind",
    "jobs.Job": "city state time_zone job_number type status priority required_skills preferred_contractors "
    "refused_contractors external_id source",
    "assignments.Assignment": "status",
    "assignments.Conflict": "rules",
    "accounts.User": "role clock scopes",
    "accounts.TokenFamily": "current previous client",
    "accounts.ServiceKey": "prefix digest",
    "audit.AuditEntry": "act reason door place request_id details",
    "admin.LogEntry": "object_id",
    "auth.Permission": "name codename",
    "auth.Group": "name",
    "contenttypes.ContentType": "app_label model",
    "accounts.BrowserSession": "session_key",
    # Table of an earlier release; no longer written.
    "sessions.Session": "session_key session_data",
    "events.OutboxEvent": "type request_id traceparent",
    "events.EventReader": "name",
    "imports.ImportRun": "kind state options encoding mapping matched_by",
    # The headings themselves are not stored: without a line of headings, the first row of a file would be taken for it.
    "imports.SavedMapping": "kind fingerprint mapping options",
    "imports.ImportedRow": "outcome",
    "geocoding.GeocodedAddress": "provider",
    "ops.WriteProbe": "padding",
    "leases.Lease": "name",
    "idempotency.KeptAnswer": "key fingerprint headers",
    "adminsite.SavedView": "page",
    "notifications.Mail": "kind state",
    "notifications.CustomerMessage": "kind state reason language",
    "notifications.MessageTemplate": "kind language",
    "recommendations.Lookup": "state",
    # Language models receive numbers only. Their texts have placeholders for names and times.
    "recommendations.Wording": "key text reason",
    "recommendations.ModelDay": "error",
    "planning.Plan": (
        "number kind state may_change effort engine engine_version stop_request limit_reached progress counts figures "
        "conflicts"
    ),
    "planning.PlanItem": "action state stale_code",
    "planning.PlanMiss": "code",
    "travel.TravelEstimate": "source note",
    "travel.ProviderDay": "provider",
    "privacy.Erasure": "kind jobs",
    # Not used: pghistory's table of contexts and its views over all events.
    "pghistory.Context": "metadata",
    "pghistory.Events": "pgh_slug pgh_model pgh_label pgh_data pgh_diff pgh_context pgh_obj_model pgh_obj_id",
    "pghistory.MiddlewareEvents": (
        "pgh_slug pgh_model pgh_label pgh_data pgh_diff pgh_context pgh_obj_model pgh_obj_id url"
    ),
    "history": "pgh_label",
}


def free_text() -> dict[str, tuple[str, ...]]:
    """Free text fields by model."""
    fields: dict[str, tuple[str, ...]] = {}
    for entry in INVENTORY:
        if entry.free:
            fields[entry.model] = (*fields.get(entry.model, ()), *entry.fields)
    return fields
