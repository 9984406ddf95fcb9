"""Lock time-outs, retries, and database errors as domain errors."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from typing import Any, NoReturn

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, connection, transaction
from pytest_django import Settings

from contractors.models import Contractor
from contractors.services import create_contractor
from smartscheduler.core.db import transactions
from smartscheduler.core.db.transactions import domain_transaction
from smartscheduler.errors import Busy, DuplicateEmail, InvalidInput, JobNotOpen, SlotUnavailable
from tests.contractors.test_services import GOOD
from tests.factories import WEEKDAYS, AssignmentFactory, ContractorFactory, at

SHORT = 0.15


@pytest.fixture
def impatient(settings: Settings) -> None:
    settings.LOCK_TIMEOUT_SECONDS = SHORT


class Holder:
    """Another connection that locks a contractor's row until it is released."""

    def __init__(self, contractor: Contractor) -> None:
        self.contractor, self.held, self.let_go = contractor, Event(), Event()

    def hold(self) -> None:
        try:
            with transaction.atomic():
                Contractor.objects.locked().get(pk=self.contractor.pk)
                self.held.set()
                assert self.let_go.wait(120)
        finally:
            connection.close()


@pytest.fixture
def holder(transactional_db: None) -> Iterator[Holder]:
    holder = Holder(ContractorFactory())
    with ThreadPoolExecutor(1) as pool:
        holding = pool.submit(holder.hold)
        assert holder.held.wait(120)
        yield holder
        holder.let_go.set()
        holding.result()


def rename(contractor: Contractor, attempts: list[Any]) -> Callable[[], Any]:
    @domain_transaction
    def change() -> str:
        attempts.append(contractor.pk)
        locked = Contractor.objects.locked().get(pk=contractor.pk)
        locked.name = "Renamed"
        locked.save(update_fields=["name"])
        return locked.name

    return change


def test_a_lock_that_stays_is_busy_after_the_second_try(holder: Holder, impatient: None) -> None:
    attempts: list[int] = []
    with pytest.raises(Busy):
        rename(holder.contractor, attempts)()
    assert len(attempts) == 2
    holder.contractor.refresh_from_db()
    assert holder.contractor.name != "Renamed"


def test_a_lock_that_goes_away_in_between_is_no_trouble(
    holder: Holder, impatient: None, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    attempts: list[int] = []

    def pause(seconds: float) -> None:
        holder.let_go.set()
        settings.LOCK_TIMEOUT_SECONDS = 60

    monkeypatch.setattr("smartscheduler.core.db.transactions.time.sleep", pause)
    assert rename(holder.contractor, attempts)() == "Renamed"
    assert len(attempts) == 2


def test_inside_another_transaction_it_does_not_try_again(holder: Holder, impatient: None) -> None:
    attempts: list[int] = []
    with pytest.raises(Busy), transaction.atomic():
        rename(holder.contractor, attempts)()
    assert len(attempts) == 1


def test_two_deadlocked_transactions_both_come_through(transactional_db: None) -> None:
    """Each takes its own row, then wants the other's: PostgreSQL ends one, which then has its second try."""
    people, meeting, tries = ContractorFactory.create_batch(2), Barrier(2), []

    def cross(mine: Any, other: Any) -> str:
        @domain_transaction
        def change() -> str:
            tries.append(mine.pk)
            Contractor.objects.locked().get(pk=mine.pk)
            if tries.count(mine.pk) == 1:
                meeting.wait(120)
            Contractor.objects.locked().get(pk=other.pk)
            return "done"

        try:
            return change()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.submit(cross, *people), pool.submit(cross, *reversed(people))
        assert [first.result(), second.result()] == ["done", "done"]
    assert len(tries) == 3


def test_the_same_address_twice_at_once_is_one_contractor(transactional_db: None) -> None:
    """Both look before either writes, so only the constraint can tell."""
    barrier = Barrier(8)

    def create() -> str:
        barrier.wait()
        try:
            return create_contractor(working_hours=WEEKDAYS, actor=None, **GOOD).email
        except DuplicateEmail as refused:
            return refused.code
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        outcomes = [future.result() for future in [pool.submit(create) for _ in range(8)]]
    made = Contractor.objects.get()
    assert sorted(outcomes) == [made.email] + ["duplicate-email"] * 7


@pytest.mark.django_db
def test_an_overlap_that_slips_past_the_check_is_still_a_slot_unavailable() -> None:
    taken = AssignmentFactory(start=at(9, days=2))
    write = domain_transaction(lambda: AssignmentFactory(contractor=taken.contractor, start=at(10, days=2)))
    with pytest.raises(SlotUnavailable):
        write()


@pytest.mark.django_db
def test_a_second_live_assignment_that_slips_past_the_check_is_a_job_not_open() -> None:
    taken = AssignmentFactory()
    write = domain_transaction(lambda: AssignmentFactory(job=taken.job))
    with pytest.raises(JobNotOpen):
        write()


@pytest.mark.django_db
def test_a_refusal_without_a_name_stays_what_it_is() -> None:
    contractor = ContractorFactory()
    write = domain_transaction(lambda: Contractor.objects.filter(pk=contractor.pk).update(zip_code="no"))
    with pytest.raises(IntegrityError, match="contractor_zip_code_digits"):
        write()


@pytest.mark.django_db
def test_a_validation_error_names_its_fields() -> None:
    def refuse() -> NoReturn:
        raise ValidationError({"name": ["Too short."], "__all__": ["Both."]})

    with pytest.raises(InvalidInput) as refused:
        domain_transaction(refuse)()
    assert refused.value.errors == {"name": ["Too short."], "non_field_errors": ["Both."]}


@pytest.mark.django_db
def test_an_error_that_is_none_of_ours_passes() -> None:
    @domain_transaction
    def nonsense() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 / 0")

    with pytest.raises(DatabaseError, match="division by zero"):
        nonsense()


def test_each_declared_constraint_exists() -> None:
    constraints = {constraint.name for model in apps.get_models() for constraint in model._meta.constraints}
    assert len(transactions.constraint_errors()) == 9
    assert transactions.constraint_errors().keys() <= constraints
