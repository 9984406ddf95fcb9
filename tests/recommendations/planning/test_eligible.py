"""Eligible contractors of many jobs: the same as by asking each contractor."""

import random
from datetime import timedelta

import pytest
from django.utils import timezone

from assignments.eligibility import unmet_rules
from contractors.models import Contractor
from jobs.requirements import JobRequest
from recommendations.planning.eligible import ContractorIndex
from recommendations.search.query import RankingQuery
from smartscheduler.rules.current import current_rules
from tests.recommendations.worlds import World

pytestmark = pytest.mark.django_db


def test_they_are_those_who_fail_no_rule_best_bound_first(dice: random.Random) -> None:
    world = World(dice.getrandbits(32), people=60, bookings=0)
    people = list(Contractor.objects.all())
    index, now = ContractorIndex(people), timezone.now() - timedelta(days=1)
    for _ in range(8):
        query = RankingQuery.of(JobRequest.of(world.job()), current_rules(), now=now)
        listed, others = index.eligible(query)
        able = {
            person.pk
            for person in people
            if not unmet_rules(person, query.request, miles=query.site.miles_from(person.point))
        }
        assert {contender.id for contender in listed} == able
        assert others is None
        orders = [contender.best_order for contender in listed]
        assert orders == sorted(orders)
        few, others = index.eligible(query, most=2)
        assert few == listed[:2]
        assert others == (listed[2].bound if len(listed) > 2 else None)
        if listed:
            assert listed[-1] in index.eligible(query, listed[-1].id, most=2)[0]
