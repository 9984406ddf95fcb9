"""Refused contractors are a rule of every ranking and booking; preferred ones decide between equal scores."""

from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import connection
from pytest_django import DjangoCaptureOnCommitCallbacks

from assignments.drop_targets import drop_targets_on
from assignments.gap_filling import openings
from assignments.local_time import day_at
from assignments.models import Assignment, Conflict
from assignments.services import assign_job, reassign_assignment, reschedule_assignment
from contractors.models import Contractor
from customers import services
from customers.models import Customer
from jobs.models import Job
from jobs.requirements import JobRequest
from jobs.services import create_job, update_job
from recommendations.near_misses import barriers, nearby_contractors, nearest_misses
from recommendations.ranking import rank_candidates
from recommendations.replacements import offer_replacements
from recommendations.why_not import why_not
from smartscheduler.errors import ContractorUnsuitable
from smartscheduler.events.models import OutboxEvent
from smartscheduler.ops.doctor import CHECKS, examine
from smartscheduler.privacy.history_rewrite import history_of
from smartscheduler.rules.current import current_rules
from smartscheduler.timeslots import TimeSlot
from tests.api import V1, client_as
from tests.assignments.test_races import together
from tests.customers.test_jobs import OTHER_PHONE, WORK, customer
from tests.factories import AssignmentFactory, ContractorFactory, JobFactory, at
from tests.pages import signed_in
from tests.recommendations.test_change_announcer import announced

pytestmark = pytest.mark.django_db
CODE = "refused_by_customer"


def job_for(customer: Customer, **values: Any) -> Job:
    job = JobFactory(customer=customer, **values)
    job.refresh_from_db()
    return job


def prefer(customer: Customer, **lists: Any) -> None:
    services.update_customer(customer_id=customer.pk, actor=None, **lists)


def lists_of(job: Job) -> tuple[list[Any], list[Any]]:
    job.refresh_from_db()
    return job.preferred_contractors, job.refused_contractors


def ranked(job: Job, **options: Any) -> list[str]:
    return [entry.contractor.name for entry in rank_candidates(JobRequest.of(job), current_rules(), **options).entries]


# --- Copies on the jobs ---------------------------------------------------------------------------


def test_jobs_have_the_lists_of_their_customer() -> None:
    ann, bo = ContractorFactory(), ContractorFactory()
    grace = customer(preferred=[ann.pk], refused=[bo.pk])
    job = job_for(grace)
    assert lists_of(job) == ([ann.pk], [bo.pk])
    prefer(grace, preferred=[], refused=[ann.pk, bo.pk])
    assert lists_of(job) == ([], sorted([ann.pk, bo.pk]))
    update_job(job_id=job.pk, actor=None, customer_id=customer("Ann Hill", OTHER_PHONE).pk)
    assert lists_of(job) == ([], [])


def test_a_statement_cannot_write_other_lists() -> None:
    ann = ContractorFactory()
    job = job_for(customer(refused=[ann.pk]))
    Job.objects.filter(pk=job.pk).update(refused_contractors=[])
    assert lists_of(job) == ([], [ann.pk])
    stale = Job(**{field.attname: getattr(job, field.attname) for field in Job._meta.concrete_fields})
    stale._state.adding, stale.refused_contractors, stale.preferred_contractors = False, [], [ann.pk]
    stale.save()
    assert lists_of(job) == ([], [ann.pk])
    assert lists_of(JobFactory(preferred_contractors=[ann.pk], refused_contractors=[ann.pk])) == ([], [])


def test_a_merge_joins_the_lists() -> None:
    ann, bo, cy = ContractorFactory(), ContractorFactory(), ContractorFactory()
    kept, other = customer(refused=[ann.pk]), customer("Grace Hil", preferred=[ann.pk, bo.pk], refused=[cy.pk])
    first, second = job_for(kept), job_for(other)
    services.merge_customers(customer_id=kept.pk, other_id=other.pk, actor=None)
    both = ([bo.pk], sorted([ann.pk, cy.pk]))
    assert (lists_of(first), lists_of(second)) == (both, both)


def test_a_change_reports_open_and_assigned_jobs_only_and_leaves_their_history_alone() -> None:
    ann, grace = ContractorFactory(), customer()
    reported = {str(job_for(grace).pk), str(job_for(grace, status="assigned").pk)}
    job_for(grace, status="completed", completed_at=at(9))
    changes: Any = history_of(Job)
    recorded = changes.objects.count()
    prefer(grace, refused=[ann.pk])
    events = [event.data for event in OutboxEvent.objects.filter(type="JobUpdated")]
    assert {event["job_id"] for event in events} == reported
    assert events[0]["changed"] == {"preferred_contractors": [], "refused_contractors": [str(ann.pk)]}
    prefer(grace, refused=[ann.pk])
    assert OutboxEvent.objects.filter(type="JobUpdated").count() == len(reported)
    assert changes.objects.count() == recorded


def test_open_pages_rank_again() -> None:
    ann, grace = ContractorFactory(), customer()
    job = job_for(grace)
    announced()
    prefer(grace, refused=[ann.pk])
    assert announced() == [str(job.pk)]


def test_the_doctor_compares_them() -> None:
    ann, grace = ContractorFactory(), customer()
    job = job_for(grace)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO customers_preference (customer_id, contractor_id, kind, created_at) "
            "VALUES (%s, %s, 'refused', now())",
            [grace.pk, ann.pk],
        )
    (outcome,) = examine([check for check in CHECKS if check.name == "customers-preferences"], show=5)
    assert outcome.findings.shown == [f"{job.job_number} has other preferred or refused contractors than its customer"]
    with connection.cursor() as cursor:  # the remedy
        cursor.execute("UPDATE jobs_job SET refused_contractors = NULL")
    assert lists_of(job) == ([], [ann.pk])


# --- Refused --------------------------------------------------------------------------------------


def test_a_refused_contractor_is_not_ranked_and_why_not_says_so() -> None:
    ann, _bo = ContractorFactory(name="Ann", rating=Decimal(5)), ContractorFactory(name="Bo")
    job = job_for(customer(refused=[ann.pk]))
    assert ranked(job) == ["Bo"]
    answer = why_not(JobRequest.of(job), ann, current_rules())
    assert (answer.eligible, [reason.code for reason in answer.reasons]) == (False, [CODE])
    assert answer.reasons[0].message.startswith("The customer has refused Ann.")
    assert answer.suggestion == "Would be eligible if the customer no longer refused Ann. Would then rank 1st."


def test_it_cannot_be_booked_moved_or_reassigned() -> None:
    ann, bo = ContractorFactory(name="Ann"), ContractorFactory(name="Bo")
    job, booked = job_for(customer(refused=[ann.pk])), AssignmentFactory(contractor=ann)
    with pytest.raises(ContractorUnsuitable) as refused:
        assign_job(job_id=job.pk, contractor_id=ann.pk, start=at(9, days=3), actor=None)
    assert [reason["code"] for reason in refused.value.extra["reasons"]] == [CODE]
    assert not Assignment.objects.filter(job=job).exists()
    made = assign_job(job_id=job.pk, contractor_id=bo.pk, start=at(9, days=3), actor=None)
    with pytest.raises(ContractorUnsuitable):
        reassign_assignment(assignment_id=made.pk, contractor_id=ann.pk, start=at(9, days=3), actor=None)
    Job.objects.filter(pk=booked.job_id).update(customer=job.customer)
    with pytest.raises(ContractorUnsuitable):
        reschedule_assignment(assignment_id=booked.pk, start=at(13, days=3), actor=None)
    assert Assignment.objects.live().filter(job=job).get() == made


def test_no_replacement_drop_target_or_gap_is_offered() -> None:
    ann, bo = ContractorFactory(name="Ann", rating=Decimal(5)), ContractorFactory(name="Bo")
    job, booking = job_for(customer(refused=[ann.pk])), AssignmentFactory(contractor=bo)
    Job.objects.filter(pk=booking.job_id).update(customer=job.customer)
    booking = Assignment.objects.select_related("job", "contractor").get()
    (offers,) = offer_replacements([booking], current_rules())
    assert {option.contractor.name for option in offers.replacements} == {"Bo"}
    day = partial(day_at, at(0, days=2).date())
    targets = drop_targets_on(job, [ann, bo], day, current_rules())
    assert (targets[ann.pk].starts, targets[ann.pk].reason[:30]) == ([], "The customer has refused Ann. ")
    assert targets[bo.pk].starts
    stretch = TimeSlot(at(8, days=2), at(17, days=2))
    assert openings(ann, stretch, at(0), current_rules()) == []
    other = ContractorFactory()
    assert [opening.job for opening in openings(other, stretch, at(0), current_rules())] == [job]


def test_near_misses_name_the_rule() -> None:
    ann = ContractorFactory(name="Ann")
    job = job_for(customer(refused=[ann.pk]))
    request = JobRequest.of(job)
    (miss,) = nearest_misses(request, current_rules())
    assert [reason.code for reason in miss.answer.reasons] == [CODE]
    assert barriers(request, nearby_contractors(request)) == ["1 is refused by the customer"]
    for address in (f"/admin/jobs/job/{job.pk}/recommend/", f"/live/jobs/{job.pk}/"):
        assert "The customer has refused Ann." in signed_in().get(address).content.decode()


class TestConflicts:
    @pytest.fixture(autouse=True)
    def commits(self, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks) -> None:
        self.committing = partial(django_capture_on_commit_callbacks, execute=True)

    def rules_of(self, booking: Assignment) -> list[str]:
        return [rule for conflict in Conflict.objects.filter(assignment=booking) for rule in conflict.rules]

    def booked(self, customer: Customer) -> tuple[Assignment, Contractor]:
        booking = AssignmentFactory()
        Job.objects.filter(pk=booking.job_id).update(customer=customer)
        return booking, booking.contractor

    def test_a_booking_stays_as_a_conflict_until_the_customer_agrees(self) -> None:
        grace = customer()
        booking, ann = self.booked(grace)
        with self.committing():
            prefer(grace, refused=[ann.pk])
        assert self.rules_of(booking) == [CODE]
        assert Assignment.objects.live().get() == booking
        page = signed_in().get(f"/admin/assignments/assignment/?conflict={CODE}").content.decode()
        assert booking.job.job_number in page
        with self.committing():
            prefer(grace, refused=[])
        assert self.rules_of(booking) == []

    def test_another_customer_of_the_job_can_be_the_reason(self) -> None:
        booking, ann = self.booked(customer())
        other, third = customer("Ann Hill", OTHER_PHONE, refused=[ann.pk]), customer("Cy Hill", OTHER_PHONE)
        with self.committing():
            update_job(job_id=booking.job_id, actor=None, customer_id=other.pk)
        assert self.rules_of(booking) == [CODE]
        with self.committing():
            update_job(job_id=booking.job_id, actor=None, customer_id=third.pk)
        assert self.rules_of(booking) == []

    def test_a_merge_can_be_the_reason_for_jobs_of_both(self) -> None:
        kept, other = customer(), customer("Grace Hil")
        (first, ann), (second, bo) = self.booked(kept), self.booked(other)
        prefer(kept, refused=[bo.pk])
        prefer(other, refused=[ann.pk])
        with self.committing():
            services.merge_customers(customer_id=kept.pk, other_id=other.pk, actor=None)
        assert (self.rules_of(first), self.rules_of(second)) == ([CODE], [CODE])


# --- Preferred ------------------------------------------------------------------------------------


def test_a_preference_decides_between_equal_scores_only() -> None:
    near, far = ContractorFactory(name="Ann"), ContractorFactory(name="Bo", latitude=Decimal("30.2672100"))
    better = ContractorFactory(name="Cy", rating=Decimal("4.01"))
    assert ranked(job_for(customer())) == ["Cy", "Ann", "Bo"]
    job = job_for(customer("Ann Hill", OTHER_PHONE, preferred=[far.pk]))
    ranking = rank_candidates(JobRequest.of(job), current_rules())
    assert [(entry.contractor.name, entry.preferred) for entry in ranking.entries] == [
        ("Cy", False),
        ("Bo", True),
        ("Ann", False),
    ]
    assert ranking.entries[1].score == ranking.entries[2].score
    assert ranked(job, max_results=2) == ["Cy", "Bo"]
    assert why_not(JobRequest.of(job), far, current_rules()).rank == 2
    assert why_not(JobRequest.of(job), near, current_rules()).rank == 3
    better.delete()
    answer = why_not(JobRequest.of(job), near, current_rules())
    assert answer.suggestion.startswith("Ranked 2nd. The scores are equal, and the customer prefers Bo.")


def test_the_preference_is_shown_and_stored() -> None:
    ann, _bo = ContractorFactory(name="Ann"), ContractorFactory(name="Bo")
    job = job_for(customer(preferred=[ann.pk]))
    client = client_as("coordinator")
    entries = client.get(f"{V1}/jobs/{job.pk}/recommendations/").json()["recommendations"]
    assert [(entry["contractor"]["name"], entry["preferred"]) for entry in entries] == [("Ann", True), ("Bo", False)]
    assert client.get(f"{V1}/jobs/{job.pk}/recommendations/{ann.pk}/").json()["preferred"] is True
    for address in (f"/admin/jobs/job/{job.pk}/recommend/", f"/live/jobs/{job.pk}/"):
        assert signed_in().get(address).content.decode().count("Preferred by the customer") == 1
    made = assign_job(job_id=job.pk, contractor_id=ann.pk, start=at(9, days=2), actor=None)
    assert made.score_breakdown["explanation"].endswith("The customer prefers this contractor.")


# --- Races ----------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_refusal_at_the_moment_of_a_booking_or_a_new_job() -> None:
    ann, grace = ContractorFactory(type="multi"), customer()
    jobs = [job_for(grace) for _ in range(3)]

    def new_job() -> Any:
        return create_job(actor=None, customer_id=grace.pk, **{"desired_date": at(12, days=2), **WORK}).pk

    acts: list[Any] = [lambda: services.update_customer(customer_id=grace.pk, actor=None, refused=[ann.pk]).pk]
    for number, job in enumerate(jobs):
        start = at(8, days=2) + number * timedelta(hours=3)
        acts.append(partial(assign_job, job_id=job.pk, contractor_id=ann.pk, start=start, actor=None))
    together([*acts, new_job, new_job])
    assert all(lists_of(job) == ([], [ann.pk]) for job in Job.objects.filter(customer=grace))
    booked = set(Assignment.objects.live().values_list("pk", flat=True))
    assert set(Conflict.objects.values_list("pk", flat=True)) == booked
