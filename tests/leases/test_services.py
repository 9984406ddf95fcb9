"""A lease has one holder and expires when the holder dies or freezes."""

import threading
from typing import Any

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from smartscheduler.leases.models import Lease
from smartscheduler.leases.services import Holder, lease

pytestmark = pytest.mark.django_db


def lapse() -> None:
    """As when LEASE_SECONDS have gone by."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE leases_lease SET until = clock_timestamp() - interval '1 second'")


def test_one_at_a_time_and_the_next_one_after_that() -> None:
    with lease("mails") as first, lease("mails") as second:
        assert (bool(first), bool(second)) == (True, False)
    with lease("mails") as third:
        assert third
    assert not Lease.objects.exists()


def test_who_did_not_get_it_neither_renews_nor_gives_back() -> None:
    with lease("mails") as first:
        with lease("mails") as second:
            assert not second.renew()
        assert first.renew()


def test_different_names_do_not_meet() -> None:
    with lease("mails") as mails, lease("imports") as imports:
        assert mails
        assert imports


def test_places() -> None:
    with lease("roads", 2) as first, lease("roads", 2) as second, lease("roads", 2) as third:
        assert (bool(first), bool(second), bool(third)) == (True, True, False)


def test_a_holder_that_was_frozen_has_lost_it_and_takes_nothing_from_the_next_one() -> None:
    frozen = Holder("mails")
    assert frozen.take()
    lapse()
    with lease("mails") as other:
        assert other
        assert not frozen.renew()
        frozen.give_back()
        assert other.renew()


def test_renewing_prolongs_it(settings: Settings) -> None:
    settings.LEASE_SECONDS = 30
    with lease("mails") as holder:
        before = Lease.objects.get().until
        assert holder.renew()
        assert Lease.objects.get().until > before


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["take", "renew", "give_back", "lapse"])), max_size=20))
def test_never_two_at_once(steps: list[Any]) -> None:
    Lease.objects.all().delete()
    holders = [Holder("mails") for _ in range(4)]
    current = None
    for number, act in steps:
        if act == "lapse":
            lapse()
            current = None
            continue
        had = current == number
        if had and act == "take":
            continue
        done = getattr(holders[number], act)()
        if act == "take":
            assert done == (current is None)
            current = number if done else current
        elif act == "renew":
            assert done == had
        elif had:
            current = None


@pytest.mark.django_db(transaction=True)
def test_of_many_at_the_same_moment_one_gets_it() -> None:
    results, together = [], threading.Barrier(8)

    def take() -> None:
        together.wait()
        results.append(Holder("mails").take())
        connection.close()

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [False] * 7 + [True]
