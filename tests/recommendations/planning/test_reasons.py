"""Why a job is left out: one true reason, with its numbers."""

from dataclasses import replace
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any, NoReturn

import pytest
from django.utils import timezone

from assignments.models import Assignment
from assignments.services import confirm_assignment
from contractors.working_week import Shift
from recommendations.planning.problem import Problem, Solution
from recommendations.planning.reasons import Miss, explain_misses
from recommendations.planning.scope import Scope
from recommendations.planning.snapshot import read_snapshot
from recommendations.planning.states import MissCode
from smartscheduler.core.formatting import short_day
from tests.factories import EVERY_DAY, AbsenceFactory, ContractorFactory, JobFactory, at
from tests.recommendations.planning.proposals import booked
from tests.recommendations.planning.test_alternatives import best

pytestmark = pytest.mark.django_db

FIRST, LAST = 2, 3
ONE_PLACE = [Shift(day, time(9), time(11)) for day in range(7)]


def day(number: int) -> date:
    return at(0, days=number).date()


def explained(*jobs: Any, solve: Any = None, **scope: Any) -> list[Miss]:
    """The misses of a plan of two days."""
    chosen = Scope(jobs=[job.pk for job in jobs], first_day=day(FIRST), last_day=day(LAST), **scope)
    snapshot = read_snapshot(chosen, now=timezone.now())
    solution = at_earliest(snapshot.problem)
    return explain_misses(snapshot, snapshot.problem, solution, solve or at_earliest)


def at_earliest(problem: Problem) -> Solution:
    """The best of all plans in which each job starts at the beginning of one of its ranges."""
    options = [
        type(option)(
            option.job,
            option.segment,
            tuple(each._replace(latest=each.earliest) for each in option.ranges),
            option.price_before,
            option.price_after,
        )
        for option in problem.options
    ]
    return best(Problem(problem.jobs, problem.segments, options, problem.legs, problem.fairness, problem.max_changes))


def test_counts_the_failed_rules_of_the_contractors_near_the_site() -> None:
    ContractorFactory.create_batch(2)
    ContractorFactory(service_radius_miles=Decimal("0.1"), latitude=Decimal("30.5"), skills=["stone"])
    (miss,) = explained(JobFactory(required_skills=["stone"]))
    assert miss.code == "nobody-eligible"
    assert miss.numbers == {"contractors": 3, "outside_scope": 0, "missing_skill": 2, "out_of_radius": 1}
    assert miss.sentence == (
        "3 flooring contractors near the site: 2 lack a required skill (stone), 1 does not travel that far."
    )


def test_says_that_the_plan_leaves_out_the_contractors() -> None:
    ada, bruno = ContractorFactory(), ContractorFactory(type="tile")
    (miss,) = explained(JobFactory(), contractors=[bruno.pk])
    assert (miss.code, miss.sentence) == (
        "nobody-eligible",
        "This plan leaves out the 1 flooring contractor near the site.",
    )
    assert miss.numbers["outside_scope"] == 1
    (miss,) = explained(JobFactory(), excluded={ada.pk: "On another site"})
    assert miss.numbers["outside_scope"] == 1
    (miss,) = explained(JobFactory(type="carpet"))
    assert miss.sentence == "There is no active carpet contractor near the site."


def test_names_the_first_free_day_after_the_plan() -> None:
    for contractor in (ContractorFactory(name="Ada"), ContractorFactory(name="Bruno")):
        AbsenceFactory(contractor=contractor, period=(at(0), at(0, days=5 if contractor.name == "Ada" else 6)))
    (miss,) = explained(JobFactory(duration=timedelta(hours=8)))
    assert miss.code == "no-slot-in-days"
    assert miss.numbers["eligible"] == 2
    assert miss.numbers["first_free"] == day(5).isoformat()
    assert miss.sentence.startswith("2 contractors could do it, but none is free for 8 h from ")
    assert miss.sentence.endswith(" (Ada).")


def test_a_job_that_is_wanted_later_says_so() -> None:
    ContractorFactory()
    (miss,) = explained(JobFactory(desired_date=at(12, days=6)))
    assert (miss.code, miss.numbers) == ("no-slot-in-days", {"first_free": day(6).isoformat()})
    assert miss.sentence.startswith("The job is not wanted before ")


def test_a_job_whose_window_is_over_before_the_plan_says_so() -> None:
    ContractorFactory()
    window = {"window_start": at(9, days=1), "window_end": at(11, days=1)}
    (miss,) = explained(JobFactory(desired_date=at(9, days=1), **window))
    assert (miss.code, miss.numbers) == ("no-slot-in-days", {})
    assert miss.sentence == (
        f"The customer was promised an arrival on {short_day(day(1))}, before the first day of this plan."
    )


def test_a_job_whose_own_last_day_is_too_early_says_so() -> None:
    ContractorFactory()
    job = JobFactory(desired_date=at(12, days=LAST))
    (miss,) = explained(job, last_days={job.pk: day(FIRST)})
    assert (miss.code, miss.numbers) == ("no-slot-in-days", {})
    assert miss.sentence.startswith(f"In this plan, the last day of the job is {short_day(day(FIRST))}, ")


def test_names_the_lock_that_prevents_the_only_start() -> None:
    ada = ContractorFactory(name="Ada", hours=ONE_PLACE)
    holds = [booked(ada, at(9, days=number)) for number in (FIRST, LAST)]
    locks = {holds[0].pk: "contractor_and_time", holds[1].pk: "contractor_and_time"}
    (miss,) = explained(JobFactory(), may_change="all_but_locked", locks=locks)
    assert miss.code == "locked"
    assert miss.numbers["locks"] == [str(holds[0].pk)]
    assert miss.sentence.startswith("Ada could do it on ")
    assert miss.sentence.endswith(f" if the booking of {holds[0].job.job_number} could change.")
    (miss,) = explained(JobFactory())
    assert miss.code == "no-slot-in-days"  # nothing may move at all, so no lock is the reason


def test_names_the_confirmed_booking_that_may_not_move() -> None:
    ada = ContractorFactory(hours=ONE_PLACE)
    for number in (FIRST, LAST):
        confirm_assignment(assignment_id=booked(ada, at(9, days=number)).pk, actor=None)
    (miss,) = explained(JobFactory(), may_change="pending")
    assert (miss.code, miss.numbers["locks"], miss.numbers["confirmed"]) == ("locked", [], True)
    (miss,) = explained(JobFactory(), may_change="pending", freeze_hours=24 * 14)
    assert (miss.code, miss.numbers["confirmed"]) == ("locked", False)


def test_names_the_job_that_would_give_way() -> None:
    ada = ContractorFactory(hours=ONE_PLACE)
    AbsenceFactory(contractor=ada, period=(at(0, days=LAST), at(0, days=LAST + 1)))
    urgent, low = JobFactory(priority="urgent"), JobFactory(priority="low")
    (miss,) = explained(urgent, low)
    assert (miss.job_id, miss.code) == (low.pk, "worth-less")
    assert miss.numbers == {"loss": 30_000, "left_out": [str(urgent.pk)]}
    assert miss.sentence == (
        f"Possible if {urgent.job_number} (urgent) were left out: the plan would be worth 3.00 less."
    )


def half_full_day() -> Assignment:
    """A booking that leaves the only contractor no time for another job unless it moves."""
    ada = ContractorFactory(hours=[Shift(each, time(9), time(13)) for each in range(7)])
    AbsenceFactory(contractor=ada, period=(at(0, days=LAST), at(0, days=LAST + 1)))
    return booked(ada, at(10, days=FIRST))


def test_names_the_changes_that_are_too_many() -> None:
    in_the_way = half_full_day()
    urgent = JobFactory(priority="urgent")
    (miss,) = explained(urgent, may_change="pending", max_changes=0)
    assert miss.code == "max-changes"
    assert miss.numbers == {"changes": 1, "max_changes": 0}
    assert miss.sentence == "It would change 1 booking; 0 may change."
    assert in_the_way.status == "pending"


def test_says_when_the_limit_of_work_decided() -> None:
    """The solver stopped at a plan without a job that a better plan contains."""
    ContractorFactory(hours=EVERY_DAY)
    first, second = JobFactory(), JobFactory()
    chosen = Scope(jobs=[first.pk, second.pk], first_day=day(FIRST), last_day=day(LAST))
    snapshot = read_snapshot(chosen, now=timezone.now())
    done = at_earliest(snapshot.problem)
    stopped = Solution(done.placements[:1], done.worth // 2, done.worth, "stopped", {})
    (miss,) = explain_misses(snapshot, snapshot.problem, stopped, at_earliest)
    assert miss.code == "time-ran-out"
    assert miss.numbers["gain_percent"] > 0
    assert "% could still be gained. Try thorough." in miss.sentence
    tried = replace(snapshot, scope=replace(chosen, effort="thorough"))
    (miss,) = explain_misses(tried, snapshot.problem, stopped, at_earliest)
    assert miss.sentence.endswith("% could still be gained.")


def test_a_stopped_run_looks_for_nothing_more() -> None:
    """Neither for another plan with the job, nor for a day after the plan."""
    ContractorFactory(hours=EVERY_DAY)
    AbsenceFactory(contractor=ContractorFactory(type="tile"), period=(at(0), at(0, days=5)))
    jobs = [JobFactory(), JobFactory(type="tile")]
    chosen = Scope(jobs=[job.pk for job in jobs], first_day=day(FIRST), last_day=day(LAST))
    snapshot = read_snapshot(chosen, now=timezone.now())
    nothing = Solution((), 0, None, "stopped", {})

    def solve(problem: Problem) -> NoReturn:
        raise AssertionError("It goes on.")

    misses = {miss.code: miss for miss in explain_misses(snapshot, snapshot.problem, nothing, solve, lambda: "stopped")}
    assert misses.keys() == {"time-ran-out", "no-slot-in-days"}
    assert misses[MissCode.TIME_RAN_OUT].sentence == "The run was stopped before every possibility was tried."
    assert "first_free" not in misses[MissCode.NO_SLOT_IN_DAYS].numbers


@pytest.mark.parametrize("most_solved", [1, 2])
def test_a_run_that_is_stopped_while_an_alternative_is_solved_names_no_number_of_changes(most_solved: int) -> None:
    """What a stopped solver returns is no proof: neither that there is no alternative, nor of its changes."""
    half_full_day()
    chosen = Scope(
        jobs=[JobFactory(priority="urgent").pk],
        first_day=day(FIRST),
        last_day=day(LAST),
        may_change="pending",
        max_changes=0,
    )
    snapshot = read_snapshot(chosen, now=timezone.now())
    solved: list[Problem] = []

    def solve(problem: Problem) -> Solution:
        solved.append(problem)
        return at_earliest(problem)

    kept = at_earliest(snapshot.problem)
    (miss,) = explain_misses(
        snapshot, snapshot.problem, kept, solve, lambda: "stopped" if len(solved) >= most_solved else ""
    )
    assert len(solved) == most_solved
    assert (miss.code, miss.numbers) == (MissCode.TIME_RAN_OUT, {"limit": "stopped"})
    assert miss.sentence == "The run was stopped before every possibility was tried."


def test_a_run_whose_time_is_over_says_that() -> None:
    ContractorFactory(hours=ONE_PLACE)
    scope = Scope(jobs=[JobFactory(duration=timedelta(hours=2)).pk], first_day=day(FIRST), last_day=day(LAST))
    snapshot = read_snapshot(scope, now=timezone.now())
    nothing = Solution((), 0, None, "stopped", {})
    (miss,) = explain_misses(snapshot, snapshot.problem, nothing, at_earliest, lambda: "seconds")
    assert miss.sentence.startswith("The run reached its limit of time before every possibility was tried.")
    assert (miss.code, miss.numbers) == (MissCode.TIME_RAN_OUT, {"limit": "seconds"})
