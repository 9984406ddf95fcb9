"""Strict JSON parser for request bodies. DRF imports this module before its views, so it must not import them."""

import json
import math
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import JSONParser

# Far more names than any object of the API has. Error messages quote the first LONGEST_NAME characters of a name.
MOST_NAMES, LONGEST_NAME = 1_000, 100


class PayloadTooLarge(APIException):
    status_code = 413
    default_code = "payload_too_large"
    default_detail = _("The request body is too large.")


class LengthRequired(APIException):
    status_code = 411
    default_code = "length_required"
    default_detail = _("Send Content-Length. Chunked bodies are not accepted.")


class StrictJSONParser(JSONParser):
    """JSON by RFC 8259: UTF-8, no NaN, no duplicate names, at most MOST_NAMES names in an object.

    The body may have at most DATA_UPLOAD_MAX_MEMORY_SIZE bytes, and numbers must fit into a float.
    """

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise PayloadTooLarge
        try:
            text = body.decode("utf-8-sig")
            return json.loads(
                text, parse_constant=_refuse_constant, parse_float=_finite, object_pairs_hook=_without_repetition
            )
        except RecursionError as error:
            raise ParseError(gettext("The JSON is nested too deeply.")) from error
        except ValueError as error:
            raise ParseError(gettext("The JSON is not valid: {error}").format(error=error)) from error


def _refuse_constant(name: str) -> None:
    raise ValueError(gettext("{name} is not allowed in JSON.").format(name=name))


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(gettext("The number {number} is too large.").format(number=text[:20]))
    return number


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object as a dictionary. Raises ValueError for duplicate names and for too many names."""
    if len(pairs) > MOST_NAMES:
        message = gettext("An object has {count} names. The limit is {limit}.")
        raise ValueError(message.format(count=len(pairs), limit=MOST_NAMES))
    members: dict[str, Any] = {}
    for name, value in pairs:
        if name in members:
            raise ValueError(gettext("The name {name} occurs twice.").format(name=repr(name[:LONGEST_NAME])))
        members[name] = value
    return members
