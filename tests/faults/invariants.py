"""What must hold after every fault, whatever it was."""

from collections.abc import Iterable

from tests.faults.crowd import Crowd
from tests.faults.stack import Stack
from tests.smartscheduler.products import wait_until


def check(stack: Stack, *, committed: Iterable[str] = (), crowd: Crowd | None = None) -> int:
    """The doctor finds nothing; every committed change has its event, and each client has what the table has.

    Returns how many events there are. The relay may still be at work when this begins.
    """
    wait_until(stack.is_sent, 60)
    log = [
        (sequence, str(key)) for sequence, key in stack.rows("SELECT sequence, id FROM events_outboxevent ORDER BY 1")
    ]
    assert stack.doctor() == {}
    jobs = {str(job_id) for (job_id,) in stack.rows("SELECT id FROM jobs_job")}
    told = [one for (one,) in stack.rows("SELECT data->>'job_id' FROM events_outboxevent WHERE type = 'JobCreated'")]
    assert sorted(told) == sorted(jobs)
    assert jobs >= set(committed)

    for client in crowd.clients if crowd else ():
        wait_until(lambda client=client: client.position >= len(log), 60)
        assert client.received == log, (len(client.received), len(log))
    return len(log)
