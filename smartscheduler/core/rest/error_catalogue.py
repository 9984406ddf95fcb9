"""Every kind of error that the API answers with: the end of its `type`, its status, its title and what it means.

Problems, the OpenAPI document and docs/api.md all say what stands here.
"""

from typing import NamedTuple


class Kind(NamedTuple):
    status: int
    title: str
    meaning: str


KINDS = {
    "invalid-input": Kind(400, "The input is not valid", "`errors` names each field and the rule that it breaks"),
    "parse-error": Kind(400, "The body cannot be read", "it is not JSON in UTF-8"),
    "bad-request": Kind(400, "The request is not valid", "its host or its headers make no sense"),
    "not-authenticated": Kind(401, "Nobody is signed in", "send `Authorization: Bearer …`"),
    "authentication-failed": Kind(401, "The signing-in is not valid", "wrong password, signed out, or not active"),
    "token-not-valid": Kind(401, "The token is not valid", "it has expired or was used before"),
    "second-factor-required": Kind(
        401,
        "The password is not enough",
        "send `otp_code` too, or first set a second factor up in the back-office",
    ),
    "second-factor-failed": Kind(401, "The code is not valid", "wrong, or used before; take the next one"),
    "permission-denied": Kind(403, "Your role does not allow this", "see `GET auth/me/` for what it allows"),
    "https-required": Kind(403, "The API answers over HTTPS only", "a token that went over plain HTTP is everybody's"),
    "not-found": Kind(404, "There is nothing at this address", "wrong address or id; addresses end in a slash"),
    "method-not-allowed": Kind(405, "The address knows no such method", "`Allow` names those it knows"),
    "not-acceptable": Kind(406, "No such format", "answers are JSON"),
    "request-timeout": Kind(408, "The request took too long to arrive", "send the body at once"),
    "slot-unavailable": Kind(
        409,
        "The contractor is not free in that slot",
        "`reasons`, `conflicting_assignment` and up to three `nearest_slots` of the same contractor",
    ),
    "contractor-unsuitable": Kind(409, "The contractor does not pass every rule for this job", "`reasons`"),
    "job-not-open": Kind(409, "Only an open job can be assigned", "somebody was faster, or it is over"),
    "ranking-stale": Kind(
        409, "The ranking has changed since you saw it", "`changes` says what moved, `ranking` is the one of now"
    ),
    "job-has-live-assignment": Kind(409, "The job has a live assignment", "reschedule or reassign it instead"),
    "contractor-has-live-assignments": Kind(
        409, "The contractor still has live assignments", "`assignments` lists them"
    ),
    "invalid-transition": Kind(
        409, "That move is not allowed from the present state", "`from` and `to` name the states"
    ),
    "too-early": Kind(409, "The work cannot start or end before its day", "`earliest` says from when on it can"),
    "duplicate-email": Kind(
        409, "Another contractor has this e-mail address", "whatever its case, and however its domain is written"
    ),
    "already-rated": Kind(409, "The assignment has been rated before", "once is enough"),
    "person-erased": Kind(409, "The person has been erased", "the record stays, and takes nothing new"),
    "length-required": Kind(411, "The length of the body is missing", "bodies in chunks are not read"),
    "precondition-failed": Kind(
        412, "The record has changed since you read it", "`If-Match` did not fit; `current_etag` would"
    ),
    "payload-too-large": Kind(413, "The body is too large", "more than 1 MB"),
    "unsupported-media-type": Kind(415, "The body is in no known format", "send `application/json`"),
    "idempotency-key-reused": Kind(
        422, "The Idempotency-Key belongs to another request", "take a new key for each request"
    ),
    "throttled": Kind(429, "Too many requests", "`Retry-After` says when the next one is answered"),
    "locked-out": Kind(429, "Too many wrong passwords or codes", "`Retry-After` says when to try again"),
    "internal-error": Kind(500, "Something went wrong on our side", "`trace_id` finds it in our log"),
    "busy": Kind(503, "Somebody else is changing the same record", "the same request may succeed in a moment"),
    "too-slow": Kind(
        503, "The database takes too long", "ask for less: a shorter period, fewer words, one page; or try again later"
    ),
    "unavailable": Kind(503, "The database does not answer", "the same request may succeed in a moment"),
}
