"""Bulk loading without history."""

import pytest

from contractors.models import Contractor
from smartscheduler.history.suppress import without_history
from smartscheduler.ops.demo import bulk_contractors
from smartscheduler.ops.demo.seed import seed_world
from tests.factories import ContractorFactory
from tests.history.reading import acts, total

pytestmark = pytest.mark.django_db


def test_a_demo_in_bulk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_contractors, "BULK_FROM", 5)
    seed_world(contractors=6, jobs=0)
    assert Contractor.objects.count() == 6
    assert total() == 0
    assert not Contractor.objects.filter(weekdays=0).exists()  # other triggers work on


def test_it_comes_back() -> None:
    with without_history():
        contractor = ContractorFactory()
    Contractor.objects.update(name="Ann Marie")
    assert acts(Contractor, pgh_obj_id=contractor.pk) == ["changed"]
