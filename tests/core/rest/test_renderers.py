"""The orjson renderer produces the same bytes as DRF's."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.utils.translation import gettext_lazy
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.renderers import JSONRenderer

from smartscheduler.core.rest.renderers import FastJSONRenderer

HALF_PAST = timezone(timedelta(hours=5, minutes=30))
ODD = {
    "nothing": None,
    "decimal": Decimal("4.50"),
    "float": 0.1 + 0.2,
    "whole": 2**70,
    "id": UUID(int=7),
    "instant": datetime(2026, 11, 23, 5, 30, tzinfo=UTC),
    "microseconds": datetime(2026, 11, 23, 5, 30, 0, 120, tzinfo=UTC),
    "elsewhere": datetime(2026, 11, 23, 5, 30, tzinfo=HALF_PAST),
    "day": date(2026, 11, 23),
    "clock": time(8, 30),
    "duration": timedelta(hours=3, minutes=30),
    "lazy": gettext_lazy("flooring"),
    "numbers as keys": {1: "one", 2: {"three": ()}},
    "text": "Łódź “quoted” \u2028 </script> \x00",
}


@pytest.mark.parametrize("name", ODD)
def test_the_same_byte_for_byte(name: str) -> None:
    assert FastJSONRenderer().render({name: ODD[name]}) == JSONRenderer().render({name: ODD[name]})


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text() | st.datetimes(timezones=st.just(UTC)) | st.uuids(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_whatever_it_is(data: Any) -> None:
    assert FastJSONRenderer().render(data) == JSONRenderer().render(data)


def test_indented_when_asked_for() -> None:
    assert FastJSONRenderer().render({"a": 1}, "application/json; indent=2") == b'{\n  "a": 1\n}'


def test_nothing_is_nothing() -> None:
    assert FastJSONRenderer().render(None) == b""
