"""Checks of jobs and assignments: invariants that services and database constraints maintain together."""

from assignments.states import LIVE
from smartscheduler.ops.doctor.check import Check, rows_of

LIVE_STATES = ", ".join(f"'{state}'" for state in sorted(LIVE))

OVERLAPS = f"""
SELECT format('%s and %s of contractor %s', one.id, other.id, one.contractor_id)
FROM assignments_assignment one
JOIN assignments_assignment other
  ON other.contractor_id = one.contractor_id AND other.id > one.id AND other.time_slot && one.time_slot
WHERE one.status IN ({LIVE_STATES}) AND other.status IN ({LIVE_STATES})
"""  # noqa: S608  (a constant text)

SEVERAL_LIVE = f"""
SELECT format('job %s: %s', job_id, string_agg(id::text, ', ' ORDER BY id))
FROM assignments_assignment WHERE status IN ({LIVE_STATES}) GROUP BY job_id HAVING count(*) > 1
"""  # noqa: S608

# The status of a job follows from its assignments. Without any, or with cancelled ones only, it is open or cancelled.
OUT_OF_STEP = """
SELECT format('%s is %s; by its assignments it should be %s', job.job_number, job.status,
              coalesce(derived.status, 'open or cancelled'))
FROM jobs_job job
LEFT JOIN (
    SELECT job_id,
           CASE WHEN bool_or(status = 'in_progress') THEN 'in_progress'
                WHEN bool_or(status IN ('pending', 'confirmed')) THEN 'assigned'
                ELSE 'completed' END AS status
    FROM assignments_assignment WHERE status <> 'cancelled' GROUP BY job_id
) derived ON derived.job_id = job.id
WHERE CASE WHEN derived.status IS NULL THEN job.status NOT IN ('open', 'cancelled')
      ELSE job.status <> derived.status END
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


# A promise that was changed under a booking leaves a conflict, which the home page lists.
OUTSIDE_WINDOW = f"""
SELECT format('assignment %s of %s starts %s, promised from %s to %s', booking.id, job.job_number, lower(time_slot),
              window_start, window_end)
FROM assignments_assignment booking JOIN jobs_job job ON job.id = booking.job_id
WHERE booking.status IN ({LIVE_STATES}) AND lower(time_slot) NOT BETWEEN window_start AND window_end
  AND window_break_reason = '' AND upper(time_slot) > now()
  AND NOT EXISTS (
      SELECT FROM assignments_conflict noted
      WHERE noted.assignment_id = booking.id AND 'outside_window' = ANY(noted.rules)
  )
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

BY_HAND = "The data was changed without the services. Find the cause."
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
        holds="The status of every job matches its assignments",
        remedy=f"{BY_HAND} Usually the assignments are correct: set jobs_job.status accordingly.",
        find=rows_of(OUT_OF_STEP),
        large=True,
    ),
    Check(
        name="timestamps-in-step",
        holds="Each state has its time stamp, and the time stamps are in order",
        remedy=f"{BY_HAND} The event log has the times of the last weeks.",
        find=rows_of(TIMESTAMPS),
        large=True,
    ),
    Check(
        name="slot-length",
        holds="A live assignment lasts as long as its job",
        remedy="Reschedule the assignment in the back-office. Its slot then gets the duration of the job.",
        find=rows_of(SLOT_LENGTH),
        large=True,
    ),
    Check(
        name="windows-kept-or-known",
        holds="A live assignment starts in the arrival window of its job, has a reason not to, or is a known conflict",
        remedy="Reschedule the assignment, or promise the customer another window, in the back-office.",
        find=rows_of(OUTSIDE_WINDOW),
        large=True,
    ),
    Check(
        name="scores-add-up",
        holds="Stored scores are 0 to 1 and equal the weighted sum of their parts",
        remedy=f"{BY_HAND} The breakdown has the correct score, unless the history shows a change of it.",
        find=rows_of(SCORES),
        large=True,
    ),
)
