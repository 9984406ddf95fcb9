"""Check of acknowledged changes: each is stored once, and every socket received its event once."""

import json
from collections import Counter
from dataclasses import dataclass, field

from benchmarks.load.coordinators import Notes
from benchmarks.load.stage import Stage

EVENTS = ("JobCreated", "JobAssigned", "AssignmentConfirmed", "AssignmentRescheduled", "AssignmentCancelled")


@dataclass
class Verdict:
    """`lost`: acknowledged but not stored. `double`: stored twice or never requested."""

    lost: list[str] = field(default_factory=list)
    double: list[str] = field(default_factory=list)
    doctor: list[str] = field(default_factory=list)

    @property
    def kept(self) -> bool:
        return not (self.lost or self.double or self.doctor)


def look(stage: Stage, notes: Notes) -> Verdict:
    """Compare the coordinators' notes with tables and event log. Requests without an answer are left out."""
    verdict = Verdict()
    _assignments(stage, notes, verdict)
    _events(stage, notes, verdict)
    outcomes = json.loads(stage.manage("doctor", "--data", "--json"))
    verdict.doctor = [
        f"{outcome['check']}: {outcome['failure'] or outcome['found']}"
        for outcome in outcomes
        if outcome["state"] != "ok"
    ]
    return verdict


def _assignments(stage: Stage, notes: Notes, verdict: Verdict) -> None:
    query = (
        "SELECT a.id::text, a.status FROM assignments_assignment a"
        " JOIN accounts_user u ON u.id = a.assigned_by_id WHERE u.email LIKE %s"
    )
    present = dict(stage.rows(query, "c%@example.com"))
    verdict.lost += [f"assignment {key}" for key in notes.status.keys() - present.keys()]
    for key, status in notes.status.items():
        if present.get(key, status) != status and not notes.unanswered:
            verdict.lost.append(f"assignment {key}: was {status}, is {present[key]}")
    more = present.keys() - notes.status.keys()
    verdict.double += [f"assignment {key}" for key in list(more)[notes.unanswered :]]
    jobs = {key for (key,) in stage.rows("SELECT id::text FROM jobs_job")}
    verdict.lost += [f"job {key}" for key in set(notes.jobs) - jobs]


def _events(stage: Stage, notes: Notes, verdict: Verdict) -> None:
    """Expected events by type and record."""
    query = (
        "SELECT type, coalesce(data->>'assignment_id', data->>'job_id') FROM events_outboxevent"
        " WHERE type = ANY(%s) AND actor->>'email' LIKE %s"
    )
    events = stage.rows(query, list(EVENTS), "c%@example.com")
    by_type, by_subject = Counter(kind for kind, _ in events), Counter(events)
    for kind in EVENTS:
        missing = notes.acts[kind] - by_type[kind]
        verdict.lost += [f"{missing} {kind}"] if missing > 0 else []
        verdict.double += [f"{-missing} {kind}"] if -missing > notes.unanswered else []
    once = [key for key, times in by_subject.items() if times > 1 and key[0] != "AssignmentRescheduled"]
    verdict.double += [f"{kind} {subject}" for kind, subject in once]
