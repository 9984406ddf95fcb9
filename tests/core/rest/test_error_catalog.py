"""The error catalog agrees with the code, the documentation, and the tests."""

from pathlib import Path
from typing import Any

import pytest
from rest_framework.exceptions import APIException

from smartscheduler import BASE_DIR
from smartscheduler.core.rest.error_catalog import KINDS
from smartscheduler.core.rest.problems import describe
from smartscheduler.errors import DomainError

HERE = Path(__file__).resolve()
GUIDE = (BASE_DIR / "docs" / "api.md").read_text()
TESTS = "\n".join(path.read_text() for path in (BASE_DIR / "tests").rglob("test_*.py") if path != HERE)


@pytest.mark.parametrize("code", KINDS)
def test_the_guide_says_what_it_means(code: str) -> None:
    kind = KINDS[code]
    assert f"| {kind.status} | `{code}` | {kind.title}: {kind.meaning} |" in GUIDE


@pytest.mark.parametrize("code", KINDS)
def test_some_test_runs_into_it(code: str) -> None:
    assert f'"{code}"' in TESTS


def _all_of(kind: type[DomainError]) -> set[Any]:
    return {kind, *(error for sub in kind.__subclasses__() for error in _all_of(sub))}


def test_every_error_of_the_domain_is_a_kind() -> None:
    assert {error.code for error in _all_of(DomainError) - {DomainError}} <= KINDS.keys()


@pytest.mark.parametrize(
    ("status", "code"), [(403, "permission-denied"), (422, "idempotency-key-reused"), (418, "internal-error")]
)
def test_an_error_of_a_library_that_we_do_not_know_is_the_kind_of_its_status(status: int, code: str) -> None:
    class Strange(APIException):
        status_code = status
        default_code = "strange"

    assert describe(Strange()).code == code
