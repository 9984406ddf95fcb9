"""Merging at the moment of a booking, an edit, a new job, or another merge loses no job and no customer."""

from random import Random
from typing import Any

import pytest

from assignments.models import Assignment
from assignments.services import assign_job
from customers import services
from customers.models import Customer
from jobs.models import Job
from jobs.services import create_job, update_job
from smartscheduler.errors import Busy
from smartscheduler.ops.doctor import CHECKS, examine
from tests.assignments.test_races import together
from tests.customers.test_jobs import OTHER_PHONE, PHONE, WORK, job_of
from tests.factories import ContractorFactory, at

pytestmark = pytest.mark.django_db(transaction=True)


def assert_whole() -> None:
    """No job belongs to a merged customer, and each has the name and number of its customer."""
    outcomes = list(examine([check for check in CHECKS if check.name.startswith("customers-")], show=5))
    assert [(outcome.check.name, outcome.findings.shown) for outcome in outcomes if not outcome.is_clean] == []


def merge(target: Customer, source: Customer) -> Any:
    return services.merge_customers(customer_id=target.pk, other_id=source.pk, actor=None).pk


def patiently(act: Any) -> Any:
    """The act, repeated while its rows are busy, as the answer asks clients to do."""

    def run() -> Any:
        for _ in range(9):
            try:
                return act()
            except Busy:
                continue
        return act()

    return run


def test_merging_while_jobs_are_booked_edited_and_created(dice: Random) -> None:
    jobs = [job_of("Grace Hill", PHONE), *(job_of("Grace Hil", OTHER_PHONE) for _ in range(4))]
    target, source = jobs[0].customer, jobs[1].customer
    assert target
    assert source
    crews = ContractorFactory.create_batch(2, type="tile")

    def new_job() -> Any:
        values = {"desired_date": at(12, days=2), **WORK}
        return create_job(actor=None, customer_id=source.pk, **values).pk

    acts = [
        lambda: merge(target, source),
        lambda: assign_job(job_id=jobs[1].pk, contractor_id=crews[0].pk, start=at(10, days=2), actor=None).pk,
        lambda: assign_job(job_id=jobs[2].pk, contractor_id=crews[1].pk, start=at(10, days=2), actor=None).pk,
        lambda: update_job(job_id=jobs[3].pk, actor=None, priority="urgent").pk,
        lambda: services.update_customer(customer_id=target.pk, actor=None, name="Grace Hills").pk,
        lambda: update_job(job_id=jobs[4].pk, actor=None, address="9 Oak Street").pk,
        new_job,
        new_job,
    ]
    dice.shuffle(acts)
    outcomes = together([patiently(act) for act in acts])
    assert not [outcome for outcome in outcomes if isinstance(outcome, str)], outcomes
    assert Assignment.objects.live().count() == 2
    assert set(Job.objects.values_list("customer", flat=True)) == {target.pk}
    assert Job.objects.count() == 7
    assert_whole()


def test_two_clicks_merge_once() -> None:
    target, source = job_of("Grace Hill", PHONE).customer, job_of("Grace Hil", OTHER_PHONE).customer
    assert target
    assert source
    assert together([lambda: merge(target, source)] * 4) == [target.pk] * 4
    assert Customer.objects.current().get() == target
    assert target.phones.count() == 2
    assert_whole()


def test_merging_each_into_the_other_leaves_one() -> None:
    first, second = job_of("Grace Hill", PHONE).customer, job_of("Grace Hil", OTHER_PHONE).customer
    assert first
    assert second
    outcomes = together([lambda: merge(first, second), lambda: merge(second, first)])
    assert outcomes.count("invalid-transition") == 1, outcomes
    assert Customer.objects.current().count() == 1
    assert_whole()
