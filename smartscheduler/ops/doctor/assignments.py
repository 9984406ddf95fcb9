"""Jobs and assignments: what the services and the constraints of the database keep true together."""

from assignments.states import LIVE
from smartscheduler.ops.doctor.check import Check, rows_of

LIVE_STATES = ", ".join(f"'{state}'" for state in sorted(LIVE))

OVERLAPS = f"""
SELECT format('%s and %s of contractor %s', one.id, other.id, one.contractor_id)
FROM assignments_assignment one
JOIN assignments_assignment other
  ON other.contractor_id = one.contractor_id AND other.id > one.id AND other.time_slot && one.time_slot
WHERE one.status IN ({LIVE_STATES}) AND other.status IN ({LIVE_STATES})
"""  # noqa: S608  (our own text)

SEVERAL_LIVE = f"""
SELECT format('job %s: %s', job_id, string_agg(id::text, ', ' ORDER BY id))
FROM assignments_assignment WHERE status IN ({LIVE_STATES}) GROUP BY job_id HAVING count(*) > 1
"""  # noqa: S608

# What the assignments of a job make of it; a job with none but cancelled ones is open or cancelled.
OUT_OF_STEP = """
SELECT format('%s is %s; its assignments make it %s', job.job_number, job.status,
              coalesce(told.status, 'open or cancelled'))
FROM jobs_job job
LEFT JOIN (
    SELECT job_id,
           CASE WHEN bool_or(status = 'in_progress') THEN 'in_progress'
                WHEN bool_or(status IN ('pending', 'confirmed')) THEN 'assigned'
                ELSE 'completed' END AS status
    FROM assignments_assignment WHERE status <> 'cancelled' GROUP BY job_id
) told ON told.job_id = job.id
WHERE CASE WHEN told.status IS NULL THEN job.status NOT IN ('open', 'cancelled') ELSE job.status <> told.status END
"""

TIMESTAMPS = """
SELECT format('assignment %s (%s)', id, status) FROM assignments_assignment
WHERE NOT (
    (status IN ('pending', 'cancelled') OR confirmed_at IS NOT NULL)
    AND (status = 'cancelled' OR (status IN ('in_progress', 'completed')) = (started_at IS NOT NULL))
    AND (status = 'completed') = (completed_at IS NOT NULL)
    AND (status = 'cancelled') = (cancelled_at IS NOT NULL)
) OR confirmed_at > started_at OR started_at > completed_at
UNION ALL
SELECT format('job %s (%s)', job_number, status) FROM jobs_job
WHERE NOT ((status = 'completed') = (completed_at IS NOT NULL) AND (status = 'cancelled') = (cancelled_at IS NOT NULL))
"""

SLOT_LENGTH = f"""
SELECT format('assignment %s lasts %s, job %s %s', booking.id, upper(time_slot) - lower(time_slot),
              job.job_number, job.duration)
FROM assignments_assignment booking JOIN jobs_job job ON job.id = booking.job_id
WHERE booking.status IN ({LIVE_STATES}) AND (upper(time_slot) - lower(time_slot)) IS DISTINCT FROM job.duration
"""  # noqa: S608


def _number(name: str) -> str:
    value = f"score_breakdown -> '{name}'"
    return f"CASE jsonb_typeof({value}) WHEN 'number' THEN ({value})::numeric END AS {name}"


PARTS = ("availability", "rating", "distance")
NUMBERS = ", ".join(_number(f"{part}_{kind}") for part in PARTS for kind in ("score", "weight"))
IN_RANGE = " AND ".join(f"{part}_score BETWEEN 0 AND 1 AND {part}_weight BETWEEN 0 AND 1" for part in PARTS)
SCORES = f"""
SELECT format('assignment %s: score %s', id, score)
FROM (SELECT id, score, {NUMBERS} FROM assignments_assignment) kept
WHERE NOT coalesce(
    score BETWEEN 0 AND 1 AND {IN_RANGE}
    AND {" + ".join(f"{part}_weight" for part in PARTS)} = 1
    AND round({" + ".join(f"{part}_weight * {part}_score" for part in PARTS)}, 4) = score, false)
"""  # noqa: S608

BY_HAND = "Something has written past the services: find out what."
CHECKS = (
    Check(
        name="no-double-booking",
        holds="No contractor has two live assignments at the same time",
        remedy=f"{BY_HAND} Cancel one of each pair in the back-office, then see constraints-in-force.",
        find=rows_of(OVERLAPS),
        large=True,
    ),
    Check(
        name="one-live-assignment",
        holds="No job has two live assignments",
        remedy=f"{BY_HAND} Cancel all but one in the back-office, then see constraints-in-force.",
        find=rows_of(SEVERAL_LIVE),
        large=True,
    ),
    Check(
        name="statuses-in-step",
        holds="Every job is in the state that its assignments make it",
        remedy=f"{BY_HAND} The assignments are right as a rule: set jobs_job.status to what they make of it.",
        find=rows_of(OUT_OF_STEP),
        large=True,
    ),
    Check(
        name="timestamps-in-step",
        holds="Each state has its time stamp, and they follow one another",
        remedy=f"{BY_HAND} The event log has the moments of the last weeks.",
        find=rows_of(TIMESTAMPS),
        large=True,
    ),
    Check(
        name="slot-length",
        holds="A live assignment lasts as long as its job",
        remedy="Reschedule the assignment in the back-office: the slot then gets the duration of the job.",
        find=rows_of(SLOT_LENGTH),
        large=True,
    ),
    Check(
        name="scores-add-up",
        holds="Stored scores are 0 to 1, and the sum of their parts by their weights",
        remedy=f"{BY_HAND} The score is what the breakdown says, unless that was changed: the history tells.",
        find=rows_of(SCORES),
        large=True,
    ),
)
