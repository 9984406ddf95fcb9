"""Jobs and assignments stay consistent after any sequence of actions."""

from collections.abc import Callable

import pytest
import time_machine
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from assignments import services
from assignments.models import Assignment
from assignments.states import LIVE, TRANSITIONS, Status, check_transition
from jobs import states as job_states
from jobs.models import Job
from smartscheduler.errors import DomainError, InvalidTransition, JobNotOpen
from smartscheduler.events.models import OutboxEvent
from tests.factories import ContractorFactory, JobFactory, at

ACTS: dict[str, tuple[str, Callable[..., Assignment], dict[str, str]]] = {
    "confirm": ("confirmed", services.confirm_assignment, {}),
    "start": ("in_progress", services.start_assignment, {}),
    "complete": ("completed", services.complete_assignment, {}),
    "cancel": ("cancelled", services.cancel_assignment, {"reason": "Test"}),
}


def label(status: str) -> str:
    """Name of a state as a refusal has it."""
    return Status(status).label.lower()


class Life(RuleBasedStateMachine):
    """One job, two crews, and every act there is; the model is the latest assignment's state."""

    @initialize()
    def begin(self) -> None:
        self.job, self.crews = JobFactory(), ContractorFactory.create_batch(2)
        self.current: Assignment | None = None
        self.job_state, self.events = "open", OutboxEvent.objects.count()
        self.state = ""  # of the job's first assignment, once there is one

    def accepted(self, states: tuple[str, str]) -> None:
        self.state, self.job_state = states
        assert OutboxEvent.objects.count() > self.events
        self.events = OutboxEvent.objects.count()

    def refused(self) -> None:
        assert OutboxEvent.objects.count() == self.events

    @rule(crew=st.integers(0, 1), hour=st.integers(8, 15))
    def assign(self, crew: int, hour: int) -> None:
        try:
            self.current = services.assign_job(
                job_id=self.job.pk, contractor_id=self.crews[crew].pk, start=at(hour, days=2), actor=None
            )
        except JobNotOpen:
            assert self.job_state != "open"
            return self.refused()
        assert self.job_state == "open"
        return self.accepted(("pending", "assigned"))

    @rule(name=st.sampled_from(sorted(ACTS)))
    def act(self, name: str) -> None:
        if self.current is None:
            return None
        target, service, more = ACTS[name]
        try:
            # On the day of the booking: before it, work is refused for another reason (test_start_window.py).
            with time_machine.travel(Assignment.objects.get(pk=self.current.pk).slot.start, tick=False):
                service(assignment_id=self.current.pk, actor=None, **more)
        except InvalidTransition as error:
            assert target not in TRANSITIONS[self.state]
            assert label(self.state) in error.detail
            assert label(target) in error.detail
            return self.refused()
        assert target in TRANSITIONS[self.state]
        job = {"confirmed": self.job_state, "cancelled": "open"}.get(target, target)
        return self.accepted((target, job))

    @rule(hour=st.integers(8, 15))
    def reschedule(self, hour: int) -> None:
        if self.current is None:
            return None
        try:
            services.reschedule_assignment(assignment_id=self.current.pk, start=at(hour, days=3), actor=None)
        except InvalidTransition:
            assert self.state not in {"pending", "confirmed"}
            return self.refused()
        assert self.state in {"pending", "confirmed"}
        return self.accepted((self.state, self.job_state))

    @rule()
    def reassign(self) -> None:
        if self.current is None:
            return None
        other = next(crew for crew in self.crews if crew.pk != self.current.contractor_id)
        try:
            new = services.reassign_assignment(assignment_id=self.current.pk, contractor_id=other.pk, actor=None)
        except InvalidTransition:
            assert self.state not in {"pending", "confirmed"}
            return self.refused()
        self.current = new
        # The time stays the same, and with it the confirmation.
        return self.accepted((self.state, "assigned"))

    @rule()
    def cancel_job(self) -> None:
        try:
            services.cancel_job(job_id=self.job.pk, reason="Test", actor=None)
        except InvalidTransition:
            assert "cancelled" not in job_states.TRANSITIONS[self.job_state]
            return self.refused()
        state = "cancelled" if self.state in LIVE else self.state
        return self.accepted((state, "cancelled"))

    @invariant()
    def in_step(self) -> None:
        job = Job.objects.get(pk=self.job.pk)
        live = list(Assignment.objects.live().filter(job=job))
        assert job.status == self.job_state
        assert len(live) == (job.status in job_states.BOOKED)
        if self.current:
            assert Assignment.objects.get(pk=self.current.pk).status == self.state


@pytest.mark.django_db
class TestLife(Life.TestCase, TestCase):  # type: ignore[misc,valid-type]  # made by a property
    settings = settings(  # type: ignore[assignment]  # Hypothesis has the name for its own
        max_examples=25, stateful_step_count=12, deadline=None
    )


def test_every_pair_of_states_is_allowed_or_refused_by_name() -> None:
    for present in Status.values:
        for target in Status.values:
            if target in TRANSITIONS[present]:
                check_transition(present, target)
            else:
                with pytest.raises(DomainError, match=f"{label(present)} cannot become {label(target)}"):
                    check_transition(present, target)
