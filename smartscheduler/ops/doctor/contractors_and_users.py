"""Checks of contractors: working hours, the summary of hours for the ranking, ratings, and time zones."""

from collections.abc import Iterator

from django.db import connection

from contractors.triggers import SUMMARY
from smartscheduler.ops.doctor.check import Check, rows_of, sentences
from smartscheduler.places import known_time_zones

WITHOUT_SHIFTS = """
SELECT format('%s (%s)', person.id, person.name) FROM contractors_contractor person
WHERE NOT EXISTS (SELECT FROM contractors_workinghours hours WHERE hours.contractor_id = person.id)
"""

STALE_BOUNDS = f"""
SELECT format('%s has weekdays %s and %s minutes, but the hours give %s and %s', person.id, person.weekdays,
              person.longest_stretch, coalesce(summary.weekdays, 0), coalesce(summary.longest_stretch, 0))
FROM contractors_contractor person CROSS JOIN LATERAL ({SUMMARY.format(contractor="person.id")}) summary
WHERE (person.weekdays, person.longest_stretch)
      IS DISTINCT FROM (coalesce(summary.weekdays, 0), coalesce(summary.longest_stretch, 0))
"""  # noqa: S608  (a constant text)

# A contractor can have ratings from elsewhere, which are included in the count and the total but have no rows.
RATINGS = """
SELECT format('%s has %s from %s ratings, but the rows give %s from %s', person.id, person.rating, person.rating_count,
              round(given.total / given.count, 2), given.count)
FROM (SELECT contractor_id, count(*), sum(value) AS total FROM contractors_rating GROUP BY 1) given
JOIN contractors_contractor person ON person.id = given.contractor_id
WHERE CASE
    WHEN given.count > person.rating_count THEN true
    ELSE round(person.rating_total / person.rating_count, 2) <> person.rating
         OR person.rating_total - given.total NOT BETWEEN 0 AND 5 * (person.rating_count - given.count)
END
"""

ZONES = """
SELECT zone, sum(contractors), sum(jobs) FROM (
    SELECT time_zone, count(*), 0 FROM contractors_contractor GROUP BY 1
    UNION ALL SELECT time_zone, 0, count(*) FROM jobs_job GROUP BY 1
) used(zone, contractors, jobs) GROUP BY 1 ORDER BY 1
"""


def unknown_zones() -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(ZONES)
        used = cursor.fetchall()
        cursor.execute("SELECT name FROM pg_timezone_names")
        of_postgresql = {name for (name,) in cursor.fetchall()}
    for zone, contractors, jobs in used:
        known = {"PostgreSQL": zone in of_postgresql, "Python": zone in known_time_zones()}
        missing = [name for name, knows in known.items() if not knows]
        if missing:
            yield f"“{zone}” (contractors: {contractors}, jobs: {jobs}) is unknown to {' and '.join(missing)}"


CHECKS = (
    Check(
        name="working-hours",
        holds="Every contractor has at least one shift",
        remedy="Enter their hours in the back-office, or deactivate them.",
        find=rows_of(WITHOUT_SHIFTS),
        large=True,
    ),
    Check(
        name="bounds-of-hours",
        holds="The weekdays and the longest stretch stored for the ranking match the hours",
        remedy="The ranking may miss these contractors. See triggers-in-force, then: "
        "UPDATE contractors_workinghours SET id = id WHERE contractor_id IN (…);",
        find=rows_of(STALE_BOUNDS),
        large=True,
    ),
    Check(
        name="ratings-add-up",
        holds="A contractor's rating is the mean of the ratings",
        remedy="The data was changed without the services. "
        "Set rating, rating_count and rating_total from contractors_rating.",
        find=rows_of(RATINGS),
        large=True,
    ),
    Check(
        name="time-zones",
        holds="Every time zone in use is known to PostgreSQL and to Python",
        remedy="Update the time zone data (tzdata) where it is unknown, or correct the time zone of the records.",
        find=sentences(unknown_zones),
    ),
)
