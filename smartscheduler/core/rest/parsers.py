"""Reading the body of a request. DRF loads this before its views, so it must not import them."""

import json
import math
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import JSONParser

# No object of the API has as many; the first LONGEST_NAME characters tell which name is meant.
MOST_NAMES, LONGEST_NAME = 1_000, 100


class PayloadTooLarge(APIException):
    status_code = 413
    default_code = "payload_too_large"
    default_detail = "The body is larger than this service accepts."


class LengthRequired(APIException):
    status_code = 411
    default_code = "length_required"
    default_detail = "Send the length of the body; one in chunks is not read."


class StrictJSONParser(JSONParser):
    """JSON as RFC 8259 has it: UTF-8, no NaN, no name twice, at most MOST_NAMES names in an object.

    No larger than DATA_UPLOAD_MAX_MEMORY_SIZE, and no number beyond those of a float.
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
            raise ParseError("JSON parse error - too deeply nested.") from error
        except ValueError as error:
            raise ParseError(f"JSON parse error - {error}") from error


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON.")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:20]} is too large a number.")
    return number


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object; which of two values was meant is not for us to guess."""
    if len(pairs) > MOST_NAMES:
        raise ValueError(f"An object has {len(pairs)} names; at most {MOST_NAMES} are read.")
    members: dict[str, Any] = {}
    for name, value in pairs:
        if name in members:
            raise ValueError(f"{name[:LONGEST_NAME]!r} is given twice.")
        members[name] = value
    return members
