"""Invariants that must hold after every fault."""

from collections.abc import Iterable

from tests.faults.bookers import Booker
from tests.faults.crowd import Crowd
from tests.faults.stack import Stack
from tests.products import wait_until


def check(
    stack: Stack, *, committed: Iterable[str] = (), crowd: Crowd | None = None, crew: Iterable[Booker] = ()
) -> int:
    """The doctor finds nothing; every committed change has its event, and each client has what the table has.

    What a crew was promised is there, each once, and nothing else of theirs.

    Returns how many events there are. The relay may still be at work when this begins.
    """
    wait_until(stack.is_sent, 60)
    log = [
        (sequence, str(key)) for sequence, key in stack.rows("SELECT sequence, id FROM events_outboxevent ORDER BY 1")
    ]
    assert stack.doctor() == {}
    jobs = {str(job_id) for (job_id,) in stack.rows("SELECT id FROM jobs_job")}
    announced = [
        key for (key,) in stack.rows("SELECT data->>'job_id' FROM events_outboxevent WHERE type = 'JobCreated'")
    ]
    assert sorted(announced) == sorted(jobs)
    assert jobs >= set(committed)
    if crew:
        _check_bookings(stack, list(crew))

    for client in crowd.clients if crowd else ():
        wait_until(lambda client=client: client.position >= len(log), 60)
        # A worker may have more to say meanwhile.
        assert client.received[: len(log)] == log, (len(client.received), len(log))
    return len(log)


def _check_bookings(stack: Stack, crew: list[Booker]) -> None:
    promised = sorted(key for booker in crew for key in booker.booked)
    assert [key for (key,) in stack.rows("SELECT id::text FROM assignments_assignment ORDER BY 1")] == promised
    query = "SELECT data->>'assignment_id' FROM events_outboxevent WHERE type = 'JobAssigned' ORDER BY 1"
    assert [key for (key,) in stack.rows(query)] == promised
    jobs = sorted(key for booker in crew for key in booker.jobs)
    assert [key for (key,) in stack.rows("SELECT id::text FROM jobs_job ORDER BY 1")] == jobs
