"""Concurrent rankings and assignments: every ranking shows one state of the database."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from threading import Event
from typing import Any

import pytest
from django.db import connection, transaction

from assignments.services import assign_job, cancel_assignment
from contractors.models import Contractor
from jobs.models import Job
from jobs.requirements import JobRequest
from recommendations.ranking import rank_all, rank_candidates
from recommendations.why_not import why_not
from smartscheduler.core.db.transactions import snapshot
from smartscheduler.rules.current import current_rules
from tests.factories import ContractorFactory, JobFactory, at

pytestmark = pytest.mark.django_db(transaction=True)

FREE, BOOKED = Decimal("3.00"), Decimal("5.00")
WRITERS, READERS, QUESTIONS = 4, 8, 30


def write(contractor: Contractor, job: Job, finish: Any) -> int:
    """Book the whole of the day and rate the contractor up, undo both; each in one transaction."""
    booked = 0
    try:
        while not finish.is_set():
            with transaction.atomic():
                assignment = assign_job(job_id=job.pk, contractor_id=contractor.pk, start=at(8, days=2), actor=None)
                Contractor.objects.filter(pk=contractor.pk).update(rating=BOOKED)
            with transaction.atomic():
                cancel_assignment(assignment_id=assignment.pk, reason="Changed our mind", actor=None)
                Contractor.objects.filter(pk=contractor.pk).update(rating=FREE)
            booked += 1
    finally:
        connection.close()
    return booked


def mixed(rating: Decimal, score: Decimal | None) -> bool:
    """Whether rating and first free day are of two states."""
    expected = {FREE: Decimal("0.8600"), BOOKED: Decimal("0.9600")}
    return score != expected[rating]


def read(request: Any, someone: Any) -> list[bool]:
    """Of many answers of each kind whether they mix two states."""
    answers = []
    try:
        for _ in range(QUESTIONS):
            entries = (
                rank_candidates(request, current_rules()).entries + rank_all([request] * 3, current_rules())[2].entries
            )
            answers += [mixed(entry.contractor.rating, entry.score) for entry in entries]
            with snapshot():
                contractor = Contractor.objects.get(pk=someone)
                answers.append(mixed(contractor.rating, why_not(request, contractor, current_rules()).score))
    finally:
        connection.close()
    return answers


def test_no_answer_mixes_two_states() -> None:
    crew = ContractorFactory.create_batch(WRITERS, rating=FREE)
    jobs = JobFactory.create_batch(WRITERS, duration=timedelta(hours=8))
    request = JobRequest.of(JobFactory(duration=timedelta(hours=8)))
    finish = Event()
    with ThreadPoolExecutor(WRITERS + READERS) as pool:
        writers = [pool.submit(write, contractor, job, finish) for contractor, job in zip(crew, jobs, strict=True)]
        readers = [pool.submit(read, request, crew[0].pk) for _ in range(READERS)]
        try:
            answers = [is_mixed for reader in readers for is_mixed in reader.result(timeout=120)]
        finally:
            finish.set()
        booked = [writer.result(timeout=120) for writer in writers]
    assert min(booked) > 0
    assert len(answers) == READERS * QUESTIONS * (2 * WRITERS + 1)
    assert not any(answers)
