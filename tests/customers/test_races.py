"""Merging at the moment of a booking, an edit, a new job, or another merge loses no job and no customer."""

from random import Random
from threading import Event
from typing import Any

import pytest
from django.db import DatabaseError, connection

from assignments.models import Assignment
from assignments.services import assign_job
from customers import services
from customers.models import Customer
from customers.signals import locking
from jobs.models import Job
from jobs.services import create_job, update_job
from smartscheduler.core.db import transactions
from smartscheduler.core.db.transactions import DEADLOCK_DETECTED, sqlstate
from smartscheduler.errors import Busy
from smartscheduler.ops.doctor import CHECKS, examine
from tests.assignments.test_races import together
from tests.customers.test_jobs import OTHER_PHONE, PHONE, WORK, job_of
from tests.factories import ContractorFactory, at
from tests.products import wait_until

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


@pytest.fixture
def states(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The codes of all errors of PostgreSQL that domain transactions meet."""
    met: list[str] = []

    def note(error: DatabaseError) -> str:
        met.append(sqlstate(error))
        return met[-1]

    monkeypatch.setattr(transactions, "sqlstate", note)
    return met


def is_blocking() -> bool:
    """Whether another session waits for a lock of this one.

    Only locks are read: pg_stat_activity is cached for a transaction, so it never shows a session that began later.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid)))"
        )
        return bool(cursor.fetchone()[0])


def test_a_job_that_comes_during_a_merge_is_edited_meanwhile(
    states: list[str], monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """The edit holds the job and waits for the customer, and the merge holds the customer and needs the job."""
    target, source = job_of("Grace Hill", PHONE).customer, job_of("Grace Hil", OTHER_PHONE).customer
    assert target
    assert source
    comes, is_held, customers_are_locked = Event(), Event(), Event()
    address_at, services_lock_late_rows = services.address_at, services._lock_late_rows

    def come(*, wait: bool, **_: Any) -> None:
        if wait and not comes.is_set():
            comes.set()
            assert is_held.wait(60)

    def lock_late_rows(ids: list[Any]) -> None:
        customers_are_locked.set()
        services_lock_late_rows(ids)

    def edit() -> Any:
        assert comes.wait(60)
        late = create_job(actor=None, customer_id=source.pk, desired_date=at(12, days=2), **WORK)
        monkeypatch.setattr(services, "address_at", wait_with_the_job)
        return update_job(job_id=late.pk, actor=None, address="9 Oak Street").pk

    def wait_with_the_job(*arguments: Any) -> Any:
        is_held.set()
        assert customers_are_locked.wait(60)
        return address_at(*arguments)

    monkeypatch.setattr(services, "_lock_late_rows", lock_late_rows)
    locking.connect(come)
    request.addfinalizer(lambda: locking.disconnect(come))
    merged, edited = together([lambda: merge(target, source), edit])
    assert merged == target.pk
    assert DEADLOCK_DETECTED not in states
    assert Job.objects.get(pk=edited).customer == target
    assert set(Job.objects.values_list("customer", flat=True)) == {target.pk}
    assert_whole()


def test_an_earlier_merged_customer_is_merged_again_meanwhile(
    states: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second merge holds the earlier one and waits for the target, and the first needs the earlier one."""
    names = ("Grace Hill", "Grace Hil", "Grace Hall")
    earlier, source, target = sorted(
        (services.create_customer(actor=None, name=name) for name in names), key=lambda customer: customer.pk
    )
    merge(source, earlier)
    is_locked, refuse_merged = Event(), services._refuse_merged

    def hold(customer: Customer) -> None:
        if customer.pk == target.pk and not is_locked.is_set():
            is_locked.set()
            wait_until(is_blocking, 60)
        refuse_merged(customer)

    def merge_again() -> Any:
        assert is_locked.wait(60)
        return merge(target, earlier)

    monkeypatch.setattr(services, "_refuse_merged", hold)
    assert together([lambda: merge(target, source), merge_again]) == [target.pk, target.pk]
    assert DEADLOCK_DETECTED not in states
    assert set(Customer.objects.exclude(pk=target.pk).values_list("merged_into", flat=True)) == {target.pk}


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
