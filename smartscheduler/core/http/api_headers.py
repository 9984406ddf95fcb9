"""Headers of the API that pages of other origins may send and read: one list for CORS, the documentation and the tests.

Browsers hide every other header from the scripts of another origin, apart from `SAFELISTED`.
"""

# Sent by clients.
REQUEST_HEADERS = (
    "Accept",
    "Accept-Language",
    "Authorization",
    "Content-Type",
    "Idempotency-Key",
    "If-Match",
    "If-None-Match",
    "X-Request-ID",
    # W3C Trace Context: browsers with OpenTelemetry send them with each request.
    "traceparent",
    "tracestate",
)
# Sent by the API, with the meaning for clients.
RESPONSE_HEADERS = {
    "Allow": "the methods of this URL, with 405",
    "Content-Disposition": "the suggested name of a file",
    "Deprecation": "the call or a part of it is deprecated (RFC 9745)",
    "ETag": "the version of the representation, for `If-Match` and `If-None-Match`",
    "Idempotency-Replayed": "`true`: the answer of an earlier request with the same `Idempotency-Key`",
    "Link": "related pages, such as the next page of a list (RFC 8288)",
    "Location": "the URL of the created record",
    "RateLimit-Limit": "requests per minute of the account",
    "RateLimit-Remaining": "requests that are left",
    "RateLimit-Reset": "seconds until more requests are left",
    "Retry-After": "seconds to wait, with 429 and 503",
    "Sunset": "when a deprecated call ends (RFC 8594)",
    "WWW-Authenticate": "how to authenticate, with 401",
    "X-Request-ID": "the id of the request in the log, the `trace_id` of problem documents",
}
# Scripts of other origins can always read these (Fetch standard).
SAFELISTED = frozenset(
    {
        "Cache-Control",
        "Content-Language",
        "Content-Length",
        "Content-Type",
        "Expires",
        "Last-Modified",
        "Pragma",
    }
)
