"""What is held of people: every field, of whom, why, for how long, and what erasing does to it.

A test walks all models and fails for a field that could hold something and stands neither here nor in `NOT_PERSONAL`.
The table of docs/privacy.md is this one. The tables of history hold what their records hold, and go by their entries.
"""

from collections.abc import Iterator
from dataclasses import dataclass

CONTRACTOR, CUSTOMER, USER = "contractor", "customer", "user"
ANYBODY = (CONTRACTOR, CUSTOMER, USER)


@dataclass(frozen=True)
class Held:
    """Fields of a model (`app.Model`). `free` is text that people write, in which anybody may be named."""

    model: str
    fields: tuple[str, ...]
    of: tuple[str, ...]
    why: str
    kept: str
    erasing: str
    free: bool = False


FOR_AS_LONG = "as long as the contractor"
WITH_THE_JOB = "7 years after the job's end (JOB_RETENTION_DAYS)"
AUDIT = "3 years (AUDIT_RETENTION_DAYS)"
BLOTTED = "names, numbers and addresses of the person are taken out"

INVENTORY: tuple[Held, ...] = (
    Held(
        "contractors.Contractor",
        ("name",),
        (CONTRACTOR,),
        "to know who does the work",
        FOR_AS_LONG,
        "becomes “Former contractor N”",
    ),
    Held(
        "contractors.Contractor",
        ("phone_number", "email"),
        (CONTRACTOR,),
        "to reach them; the address is the key of imports",
        FOR_AS_LONG,
        "replaced by ones that lead nowhere",
    ),
    Held(
        "contractors.Contractor",
        ("address", "zip_code", "latitude", "longitude"),
        (CONTRACTOR,),
        "to rank by distance and to know the drives",
        FOR_AS_LONG,
        "the street and the ZIP code go, the place is rounded to a tenth of a degree; city and state stay",
    ),
    Held(
        "contractors.Absence",
        ("kind",),
        (CONTRACTOR,),
        "to know why somebody is away",
        FOR_AS_LONG,
        "becomes “other”; the period stays, for utilisation",
    ),
    Held(
        "contractors.Absence",
        ("note",),
        ANYBODY,
        "to know why somebody is away",
        FOR_AS_LONG,
        "goes for a contractor; else " + BLOTTED,
        free=True,
    ),
    Held(
        "contractors.Rating",
        ("comment",),
        ANYBODY,
        "to judge the work",
        FOR_AS_LONG,
        "goes for a contractor; the stars stay. Else " + BLOTTED,
        free=True,
    ),
    Held(
        "jobs.Job",
        ("customer_name", "customer_phone"),
        (CUSTOMER,),
        "to reach the customer",
        WITH_THE_JOB,
        "the name becomes “Former customer N”, the number goes",
    ),
    Held(
        "jobs.Job",
        ("address", "zip_code", "latitude", "longitude"),
        (CUSTOMER,),
        "to find the site and to rank by distance",
        WITH_THE_JOB,
        "the street and the ZIP code go, the place is rounded to a tenth of a degree; city and state stay",
    ),
    Held(
        "jobs.Job",
        ("special_requirements",),
        ANYBODY,
        "to do the work as it is wanted",
        WITH_THE_JOB,
        "go for a customer; else " + BLOTTED,
        free=True,
    ),
    Held("jobs.Job", ("cancel_reason",), ANYBODY, "to know why", WITH_THE_JOB, BLOTTED, free=True),
    Held(
        "assignments.Assignment",
        ("cancel_reason", "override_reason", "score_breakdown"),
        ANYBODY,
        "to say months later why this contractor was chosen",
        WITH_THE_JOB,
        BLOTTED + "; scores and ranks stay",
        free=True,
    ),
    Held(
        "notifications.Mail",
        ("recipient",),
        (CONTRACTOR,),
        "to prove what was sent where",
        "1 year (MAIL_RETENTION_DAYS)",
        "goes; what waits is not sent",
    ),
    Held(
        "notifications.Mail",
        ("reason", "error", "subject"),
        ANYBODY,
        "to say why, and why it failed",
        "1 year (MAIL_RETENTION_DAYS)",
        "the error goes for a contractor; else " + BLOTTED,
        free=True,
    ),
    Held(
        "events.OutboxEvent",
        ("data",),
        ANYBODY,
        "to tell live pages and programs what has happened",
        "90 days (EVENT_RETENTION_DAYS)",
        "names are replaced, values of the person's fields become null, " + BLOTTED,
        free=True,
    ),
    Held(
        "events.OutboxEvent",
        ("actor",),
        (USER,),
        "to say who did it",
        "90 days (EVENT_RETENTION_DAYS)",
        "becomes “Former user N”",
    ),
    Held(
        "imports.ImportRun",
        ("name", "table", "content", "problem"),
        ANYBODY,
        "the cells of the file, to be checked, imported and given back with its results",
        "90 days (IMPORT_RETENTION_DAYS)",
        "a file that names the person is removed whole, with its rows",
    ),
    Held(
        "imports.ImportedRow",
        ("label", "key", "errors", "remarks"),
        ANYBODY,
        "to say what became of each row",
        "90 days (IMPORT_RETENTION_DAYS)",
        "removed with the file",
    ),
    Held(
        "idempotency.KeptAnswer",
        ("body",),
        ANYBODY,
        "to answer a repeated request alike",
        "1 day",
        "the answer is emptied, the key stays",
    ),
    Held(
        "geocoding.GeocodedAddress",
        ("key", "latitude", "longitude"),
        (CONTRACTOR, CUSTOMER),
        "so that no address is asked twice",
        "30 days",
        "removed",
    ),
    Held(
        "adminsite.SavedView",
        ("name", "query"),
        ANYBODY,
        "lists under a name of one's own",
        "as long as the account",
        "views that name the person are removed; with an account all of its views",
    ),
    Held(
        "rules.RulesVersion",
        ("note",),
        ANYBODY,
        "to say what a change was for",
        "as long as the product",
        BLOTTED,
        True,
    ),
    Held(
        "admin.LogEntry",
        ("object_repr", "change_message"),
        ANYBODY,
        "Django's own note of what was done in the back-office",
        "as long as the database",
        "the name is replaced, " + BLOTTED,
        free=True,
    ),
    Held(
        "recommendations.Lookup", ("error",), ANYBODY, "to say why no road is known", "with the job", BLOTTED, free=True
    ),
    Held(
        "travel.ProviderDay", ("error",), ANYBODY, "to say what a provider answered", "as the estimates", BLOTTED, True
    ),
    Held(
        "accounts.User",
        ("email", "name"),
        (USER,),
        "to sign in, and to say who did what",
        "as long as the account",
        "the name becomes “Former user N”, the address leads nowhere, the account is switched off",
    ),
    Held("accounts.User", ("password",), (USER,), "to sign in", "as long as the account", "can no longer be used"),
    Held(
        "otp_totp.TOTPDevice",
        ("name", "key"),
        (USER,),
        "the second factor",
        "as long as the account",
        "removed",
    ),
    Held(
        "otp_static.StaticDevice",
        ("name",),
        (USER,),
        "recovery codes of the second factor",
        "as long as the account",
        "removed",
    ),
    Held(
        "otp_static.StaticToken",
        ("token",),
        (USER,),
        "recovery codes of the second factor",
        "as long as the account",
        "removed",
    ),
    Held(
        "axes.AccessAttempt",
        ("user_agent", "ip_address", "username", "http_accept", "path_info", "get_data", "post_data"),
        (USER,),
        "to lock out whoever guesses passwords",
        AUDIT,
        "removed",
    ),
    Held(
        "axes.AccessFailureLog",
        ("user_agent", "ip_address", "username", "http_accept", "path_info"),
        (USER,),
        "to lock out whoever guesses passwords",
        AUDIT,
        "removed",
    ),
    Held(
        "axes.AccessLog",
        ("user_agent", "ip_address", "username", "http_accept", "path_info", "session_hash"),
        (USER,),
        "to prove who signed in",
        AUDIT,
        "removed",
    ),
    Held(
        "audit.AuditEntry",
        ("name", "about_name", "address"),
        (USER,),
        "to prove who signed in, took data out and changed accounts",
        AUDIT,
        "the name becomes “Former user N”, the network address goes",
    ),
    Held("accounts.BrowserSession", ("session_data",), (USER,), "to stay signed in", "12 hours", "removed"),
    Held(
        "history",
        ("pgh_context",),
        (USER,),
        "to say who changed it",
        AUDIT,
        "the name becomes “Former user N”",
    ),
    Held(
        "history",
        ("pgh_before",),
        ANYBODY,
        "to say what was there before",
        AUDIT,
        "as the fields of the record",
    ),
)

# Fields that could hold something and do not: choices, codes, ids, texts of the product's own.
NOT_PERSONAL: dict[str, str] = {
    "contractors.Contractor": "city state time_zone type status skills",
    "jobs.Job": "city state time_zone job_number type status priority required_skills",
    "assignments.Assignment": "status",
    "assignments.Conflict": "rules",
    "accounts.User": "role",
    "accounts.TokenFamily": "current previous client",
    "audit.AuditEntry": "act reason door place request_id details",
    "admin.LogEntry": "object_id",
    "auth.Permission": "name codename",
    "auth.Group": "name",
    "contenttypes.ContentType": "app_label model",
    "accounts.BrowserSession": "session_key",
    # Of the release before; nothing is written there.
    "sessions.Session": "session_key session_data",
    "events.OutboxEvent": "type request_id traceparent",
    "events.EventReader": "name",
    "imports.ImportRun": "kind state",
    "imports.ImportedRow": "outcome",
    "geocoding.GeocodedAddress": "provider",
    "ops.WriteProbe": "padding",
    "leases.Lease": "name",
    "idempotency.KeptAnswer": "key fingerprint headers",
    "adminsite.SavedView": "page",
    "notifications.Mail": "kind state",
    "recommendations.Lookup": "state",
    # Nothing but numbers is sent to a language model; its sentences have placeholders for whom and when.
    "recommendations.Wording": "key text reason",
    "recommendations.ModelDay": "error",
    "travel.TravelEstimate": "source note",
    "travel.ProviderDay": "provider",
    "privacy.Erasure": "kind jobs",
    # Not written: pghistory's own list of contexts and its views over all events.
    "pghistory.Context": "metadata",
    "pghistory.Events": "pgh_slug pgh_model pgh_label pgh_data pgh_diff pgh_context pgh_obj_model pgh_obj_id",
    "pghistory.MiddlewareEvents": (
        "pgh_slug pgh_model pgh_label pgh_data pgh_diff pgh_context pgh_obj_model pgh_obj_id url"
    ),
    "history": "pgh_label",
}


def free_text() -> dict[str, tuple[str, ...]]:
    """The fields of free text by model, in which anybody may be named."""
    found: dict[str, tuple[str, ...]] = {}
    for entry in INVENTORY:
        if entry.free:
            found[entry.model] = (*found.get(entry.model, ()), *entry.fields)
    return found


def as_rows() -> Iterator[str]:
    """The table of docs/privacy.md."""
    yield "| where | fields | of whom | why | how long | erasing |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for entry in INVENTORY:
        fields = ", ".join(f"`{name}`" for name in entry.fields)
        cells = [f"`{entry.model}`", fields, ", ".join(entry.of), entry.why, entry.kept, entry.erasing]
        yield f"| {' | '.join(cells)} |"
