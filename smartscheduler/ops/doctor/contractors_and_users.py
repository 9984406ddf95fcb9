"""Contractors: their hours, what the database keeps of them for the search, their ratings and time zones."""

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
SELECT format('%s has weekdays %s and %s minutes, the hours say %s and %s', person.id, person.weekdays,
              person.longest_stretch, coalesce(summary.weekdays, 0), coalesce(summary.longest_stretch, 0))
FROM contractors_contractor person CROSS JOIN LATERAL ({SUMMARY.format(contractor="person.id")}) summary
WHERE (person.weekdays, person.longest_stretch)
      IS DISTINCT FROM (coalesce(summary.weekdays, 0), coalesce(summary.longest_stretch, 0))
"""  # noqa: S608  (our own text)

# A contractor may bring ratings along from elsewhere: those are in count and total, and have no rows.
RATINGS = """
SELECT format('%s has %s by %s, the ratings say %s by %s', person.id, person.rating, person.rating_count,
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
        missing = [who for who, knows in known.items() if not knows]
        if missing:
            yield f"“{zone}” of {contractors} contractors and {jobs} jobs is unknown to {' and '.join(missing)}"


CHECKS = (
    Check(
        name="working-hours",
        holds="Every contractor has at least one shift",
        remedy="Give them their hours in the back-office, or deactivate them.",
        find=rows_of(WITHOUT_SHIFTS),
        large=True,
    ),
    Check(
        name="bounds-of-hours",
        holds="The weekdays and the longest stretch kept for the search are those of the hours",
        remedy="The ranking may pass over these people. See triggers-in-force, then: "
        "UPDATE contractors_workinghours SET id = id WHERE contractor_id IN (…);",
        find=rows_of(STALE_BOUNDS),
        large=True,
    ),
    Check(
        name="ratings-add-up",
        holds="A contractor's rating is the mean of the ratings given",
        remedy="Something has written past the services. "
        "Set rating, rating_count and rating_total from contractors_rating.",
        find=rows_of(RATINGS),
        large=True,
    ),
    Check(
        name="time-zones",
        holds="Every time zone in use is known to PostgreSQL and to Python",
        remedy="Update the time zone data of the one that misses it (tzdata), or correct the zone of the records.",
        find=sentences(unknown_zones),
    ),
)
