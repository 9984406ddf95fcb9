"""Catalog of API errors by code, with status, title, and meaning.

The problem documents, the OpenAPI document, and docs/api.md use it.
"""

from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Kind(NamedTuple):
    """An error of the API. Clients receive `title`; `meaning` is for the documentation only."""

    status: int
    title: str | Promise
    meaning: str


KINDS = {
    "invalid-input": Kind(400, _("The input is not valid"), "`errors` lists the broken rules of each field"),
    "parse-error": Kind(400, _("The request body cannot be parsed"), "send valid JSON in UTF-8"),
    "bad-request": Kind(400, _("The request is not valid"), "the host name or a header is wrong"),
    "not-authenticated": Kind(401, _("Authentication is required"), "send `Authorization: Bearer …`"),
    "authentication-failed": Kind(
        401, _("Invalid credentials"), "wrong password, signed out, or the account is not active"
    ),
    "token-not-valid": Kind(401, _("The token is not valid"), "it has expired or was used before"),
    "second-factor-required": Kind(
        401, _("A second factor is required"), "send `otp_code` too, or set up a second factor in the back-office first"
    ),
    "second-factor-failed": Kind(401, _("The code is not valid"), "it is wrong or was used before; send the next code"),
    "permission-denied": Kind(403, _("Your role does not allow this"), "`GET auth/me/` lists your permissions"),
    "https-required": Kind(
        403,
        _("The API is available over HTTPS only"),
        "request a new token: tokens sent over plain HTTP must be considered compromised",
    ),
    "not-found": Kind(404, _("There is nothing at this address"), "wrong path or id; paths end in a slash"),
    "method-not-allowed": Kind(405, _("The method is not allowed"), "the header `Allow` lists the allowed methods"),
    "not-acceptable": Kind(406, _("The requested format is not available"), "responses are JSON"),
    "request-timeout": Kind(408, _("The request took too long to arrive"), "send the whole body at once"),
    "slot-unavailable": Kind(
        409,
        _("The contractor is not available at that time"),
        "see `reasons`, `conflicting_assignment`, and up to three `nearest_slots` of the same contractor",
    ),
    "outside-window": Kind(
        409,
        _("The start is outside the promised arrival window"),
        "see `window`, and up to three `nearest_slots` of the same contractor in it. With the permission "
        "`assignments.break_window`, send `window_break_reason` to book it all the same. `customer_notice` says "
        "whether the customer gets a message then",
    ),
    "window-promised": Kind(
        409,
        _("Another arrival window is already promised"),
        "`window` is the current one; send its start as `replaces` to change it",
    ),
    "contractor-unsuitable": Kind(409, _("The contractor does not meet all requirements of this job"), "see `reasons`"),
    "booking-in-conflict": Kind(
        409,
        _("The booking breaks rules that apply today"),
        "see `reasons`; move the booking, or send `despite_conflict: true` to confirm it all the same",
    ),
    "job-not-open": Kind(
        409, _("Only an open job can be assigned"), "the job was assigned in the meantime, or it is closed"
    ),
    "ranking-stale": Kind(
        409,
        _("The ranking has changed since you loaded it"),
        "`changes` lists the differences, `ranking` is the current ranking",
    ),
    "plan-stale": Kind(
        409,
        _("A part of the plan no longer holds"),
        "nothing was changed; `stale` lists the items, each with its code, reason and suggestion",
    ),
    "job-has-live-assignment": Kind(409, _("The job has a live assignment"), "reschedule or reassign it instead"),
    "contractor-has-live-assignments": Kind(409, _("The contractor still has live assignments"), "see `assignments`"),
    "invalid-transition": Kind(
        409, _("The record cannot change from its current state to this one"), "`from` and `to` name the states"
    ),
    "too-early": Kind(409, _("The work cannot start or end before its day"), "`earliest` is the first possible time"),
    "duplicate-email": Kind(
        409,
        _("Another contractor has this email address"),
        "upper and lower case and the spelling of the domain make no difference",
    ),
    "already-rated": Kind(409, _("The assignment already has a rating"), "an assignment can be rated once"),
    "person-erased": Kind(409, _("The person has been erased"), "the record is kept and is read-only"),
    "length-required": Kind(
        411, _("The length of the request body is missing"), "send `Content-Length`; chunked bodies are not accepted"
    ),
    "precondition-failed": Kind(
        412, _("The record has changed since you read it"), "`If-Match` does not match; see `current_etag`"
    ),
    "payload-too-large": Kind(413, _("The request body is too large"), "the limit is 1 MB"),
    "unsupported-media-type": Kind(
        415, _("The format of the request body is not supported"), "send `application/json`"
    ),
    "idempotency-key-reused": Kind(
        422, _("The Idempotency-Key belongs to another request"), "use a new key for each request"
    ),
    "plan-too-large": Kind(
        422, _("The plan is too large"), "`limit` is the limit; plan a part of the jobs or of the days at a time"
    ),
    "throttled": Kind(429, _("Too many requests"), "`Retry-After` is the number of seconds to wait"),
    "locked-out": Kind(429, _("Too many wrong passwords or codes"), "`Retry-After` is the number of seconds to wait"),
    "internal-error": Kind(500, _("An internal error occurred"), "`trace_id` identifies the request in the server log"),
    "busy": Kind(503, _("Another request is changing the same record"), "retry in a moment"),
    "too-slow": Kind(
        503,
        _("The database query took too long"),
        "request a shorter period, fewer words, or one page, or retry later",
    ),
    "unavailable": Kind(503, _("The database does not answer"), "retry in a moment"),
}
