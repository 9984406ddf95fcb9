"""Concurrent changes of a job: the refusal names the earlier change, its author, and its time."""

from collections.abc import Callable
from typing import Any

import pytest

from assignments.models import Assignment
from assignments.services import (
    assign_job,
    cancel_assignment,
    cancel_job,
    complete_assignment,
    confirm_assignment,
    reassign_assignment,
    reschedule_assignment,
    start_assignment,
)
from smartscheduler.accounts.models import User
from smartscheduler.core.formatting import local_slot
from smartscheduler.errors import DomainError
from smartscheduler.events.models import OutboxEvent
from tests.api import V1, client_of, problem
from tests.assignments.test_races import together
from tests.factories import AssignmentFactory, ContractorFactory, JobFactory, UserFactory, at

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("work_may_start_early")]


def colleague() -> User:
    return UserFactory(name="Casey Coordinator")


def refusal_of(service: Callable[..., Assignment], **values: Any) -> DomainError:
    with pytest.raises(DomainError) as raised:
        service(actor=UserFactory(), **values)
    return raised.value


def test_the_job_has_been_assigned() -> None:
    job, winner, loser = JobFactory(), ContractorFactory(), ContractorFactory()
    made = assign_job(job_id=job.pk, contractor_id=winner.pk, start=at(9, days=2), actor=colleague())
    refusal = refusal_of(assign_job, job_id=job.pk, contractor_id=loser.pk, start=at(9, days=2))
    when = local_slot(made.slot, job.zone)
    assert refusal.detail.endswith(f"Casey Coordinator assigned {job} to {winner.name}, {when}, just now.")
    assert refusal.extra["latest_event"]["data"]["assignment_id"] == str(made.pk)


def steps(assignment: Assignment) -> dict[Any, Any]:
    return {
        "confirmed": lambda by: confirm_assignment(assignment_id=assignment.pk, actor=by),
        "moved": lambda by: reschedule_assignment(assignment_id=assignment.pk, start=at(13, days=2), actor=by),
        "started": lambda by: start_assignment(assignment_id=assignment.pk, actor=by),
        "completed": lambda by: complete_assignment(assignment_id=assignment.pk, actor=by),
        "cancelled": lambda by: cancel_assignment(assignment_id=assignment.pk, reason="Rain", actor=by),
        "cancelled the job": lambda by: cancel_job(job_id=assignment.job_id, reason="Sold", actor=by),
    }


@pytest.mark.parametrize(
    ("done", "act", "text"),
    [
        (["confirmed"], "confirmed", "confirmed the booking of {0}, {1}"),
        (["confirmed", "started"], "moved", "started the work"),
        (["confirmed", "started", "completed"], "cancelled", "completed the work"),
        (["cancelled"], "cancelled", "canceled the booking of {0} (Rain)"),
        (["cancelled the job"], "cancelled the job", "canceled {2} (Sold)"),
        (["cancelled the job"], "confirmed", "canceled {2} (Sold)"),
    ],
)
def test_each_act_names_what_came_before_it(done: list[str], act: str, text: str) -> None:
    assignment, casey = AssignmentFactory(), colleague()
    for step in done:
        steps(assignment)[step](casey)
    before = OutboxEvent.objects.count()
    with pytest.raises(DomainError) as refused:
        steps(assignment)[act](UserFactory())
    when = local_slot(assignment.slot, assignment.job.zone)
    sentence = text.format(assignment.contractor.name, when, assignment.job)
    assert refused.value.detail.endswith(f" Casey Coordinator {sentence}, just now.")
    assert OutboxEvent.objects.count() == before


def test_ones_own_second_click_is_ones_own() -> None:
    assignment, me = AssignmentFactory(), colleague()
    confirm_assignment(assignment_id=assignment.pk, actor=me)
    with pytest.raises(DomainError, match="You confirmed the booking"):
        confirm_assignment(assignment_id=assignment.pk, actor=me)


def test_it_says_so_for_an_unknown_author_and_nothing_for_an_empty_log() -> None:
    assignment = AssignmentFactory()
    confirm_assignment(assignment_id=assignment.pk, actor=None)
    assert "The system confirmed" in refusal_of(confirm_assignment, assignment_id=assignment.pk).detail
    OutboxEvent.objects.all().delete()
    refusal = refusal_of(confirm_assignment, assignment_id=assignment.pk)
    assert refusal.detail == "An assignment that is confirmed cannot become confirmed."
    assert "latest_event" not in refusal.extra


def test_braces_in_a_name_are_only_braces() -> None:
    assignment = AssignmentFactory(contractor__name="{when} {0} Floors")
    cancel_assignment(assignment_id=assignment.pk, reason="{job_number}", actor=colleague())
    detail = refusal_of(confirm_assignment, assignment_id=assignment.pk).detail
    assert "canceled the booking of {when} {0} Floors ({job_number})" in detail


def test_over_http_too() -> None:
    job, winner = JobFactory(), ContractorFactory()
    made = assign_job(job_id=job.pk, contractor_id=winner.pk, start=at(9, days=2), actor=colleague())
    body = {"job": str(job.pk), "contractor": str(ContractorFactory().pk), "start": at(9, days=2).isoformat()}
    document = problem(client_of(UserFactory()).post(f"{V1}/assignments/", body), 409, "job-not-open")
    assert "Casey Coordinator assigned" in document["detail"]
    assert document["latest_event"]["type"] == "JobAssigned"
    assert document["latest_event"]["data"]["assignment_id"] == str(made.pk)


@pytest.mark.django_db(transaction=True)
class TestAtTheSameMoment:
    """Each of the losers of a real race hears of the winner."""

    def race(self, act: Callable[..., Assignment], people: list[User]) -> Any:
        def run(person: Any) -> str:
            try:
                act(person)
            except DomainError as refusal:
                return refusal.detail
            return ""

        return together([lambda person=person: run(person) for person in people])

    def check(self, outcomes: Any, people: list[User]) -> None:
        winners = [person for person, error in zip(people, outcomes, strict=True) if not error]
        assert len(winners) == 1
        assert all(winners[0].name in error for error in outcomes if error), outcomes

    def test_assigning(self) -> None:
        job, crews, people = JobFactory(), ContractorFactory.create_batch(8), UserFactory.create_batch(8)
        crew_of = dict(zip(people, crews, strict=True))
        outcomes = self.race(
            lambda by: assign_job(job_id=job.pk, contractor_id=crew_of[by].pk, start=at(10, days=2), actor=by), people
        )
        self.check(outcomes, people)
        assert Assignment.objects.count() == 1

    @pytest.mark.parametrize("act", ["confirm", "cancel", "reassign"])
    def test_of_an_assignment(self, act: str) -> None:
        assignment, people = AssignmentFactory(), UserFactory.create_batch(6)
        crew_of = dict(zip(people, ContractorFactory.create_batch(6), strict=True))
        services = {
            "confirm": lambda by: confirm_assignment(assignment_id=assignment.pk, actor=by),
            "cancel": lambda by: cancel_assignment(assignment_id=assignment.pk, reason="Race", actor=by),
            "reassign": lambda by: reassign_assignment(
                assignment_id=assignment.pk, contractor_id=crew_of[by].pk, actor=by
            ),
        }
        self.check(self.race(services[act], people), people)
