"""The two SQL statements that find contenders: pages in the order of their bounds, and a sample for the first bound.

They are written by hand because the ORM has no points, boxes and lateral joins on subqueries, and because a prepared
statement costs a tenth of one that is planned each time. Column names are formatted in; all values are parameters.

How to read them. Several searches share one statement, so each statement starts with a table of questions:

    question      one row per search, from a JSON array: the columns of QUESTION and those of the statement;
                  its `number` (1, 2 …) says to which search a result row belongs
    area          PAGE: a box on the plane of the spatial index in which contractors can reach the bound
    near          a contractor found by the spatial index (contractors.spatial_index: a point per contractor)
    far           a contractor with a large service radius or none, found by rating instead
    contractor    `near` and `far` together
    measured      miles from the contractor to the site, and the best possible availability part (-1: never works)
    scored        the bound: the largest score (in ten-thousandths) that these miles and this availability allow
    region        SAMPLE: a type and band of ratings, with its shift `east` on the plane of the spatial index

Arrays `availability_here` and `availability_elsewhere` are indexed by the set of weekdays on which a contractor works,
a bit mask from 0 to 127. SQL arrays start at 1, hence `weekdays + 1`.
"""

# ruff: noqa: S608  every value is a parameter

from contractors.spatial_index import place_sql
from recommendations.search.bounds import LOCAL_MILES, SAMPLE_OF_A_REGION
from smartscheduler.core.geo.blur import DECIMALS
from smartscheduler.places import EARTH_RADIUS_MILES

# Minutes that a working day can gain in the night when the clock is set back, in any time zone.
CLOCK_CHANGE_MINUTES = 120

LATITUDE, LONGITUDE = "contractor.latitude::float8", "contractor.longitude::float8"
# The same rounding as in smartscheduler.core.geo.blur.blurred.
BLURRED_LATITUDE, BLURRED_LONGITUDE = (
    f"round(contractor.{name}, {DECIMALS})::float8" for name in ("latitude", "longitude")
)


def _measured(latitude: str = LATITUDE, longitude: str = LONGITUDE) -> str:
    """Miles from the contractor to the site (haversine formula), and the best availability part.

    The part is -1 if the contractor works on none of the requested days.
    """
    return f"""
        SELECT {2 * EARTH_RADIUS_MILES} * asin(least(1, sqrt(
                   power(sin(radians({latitude} - question.latitude) / 2), 2)
                   + cos(radians(question.latitude)) * cos(radians({latitude}))
                     * power(sin(radians({longitude} - question.longitude) / 2), 2)))) AS miles,
               CASE WHEN contractor.time_zone = question.zone
                    THEN question.availability_here[weekdays + 1]
                    ELSE question.availability_elsewhere[weekdays + 1] END AS availability
    """


# The parts of the bound without the distance. A rating has 0 to 5 stars, a part score 0 to 10,000: hence 2000 a star.
PARTS = "(%(w_availability)s::float8 * availability + %(w_rating)s::float8 * 2000 * rating::float8) / 10000"
# The requirements that need no calendar. SQL may let doubtful rows through, because Python checks them again, but must
# not exclude an eligible one. So the radius has a margin of 0.01 miles, and non-ASCII skills (more bytes than
# characters) always pass: PostgreSQL and Python may disagree about their lower case.
MAY_COME = f"""
    availability >= 0
    AND contractor.id <> ALL (question.refused)
    AND (service_radius_miles IS NULL OR service_radius_miles::float8 >= miles - 0.01)
    AND longest_stretch
        + CASE WHEN contractor.time_zone = question.zone THEN question.slack ELSE {CLOCK_CHANGE_MINUTES} END
        >= question.minutes
    AND (question.required_skills = '{{}}'
         OR octet_length(contractor.skills::text) <> length(contractor.skills::text)
         OR lower(contractor.skills::text COLLATE "C")::text[] @> question.required_skills)
"""

# Columns of `question` in both statements, with their types.
QUESTION = {
    "kind": "text",
    "latitude": "float8",
    "longitude": "float8",
    "reach": "float8",
    "availability_here": "int2[]",
    "availability_elsewhere": "int2[]",
    "zone": "text",
    "slack": "int4",
    "minutes": "float8",
    "required_skills": "text[]",
    "refused": "uuid[]",
}


def _with_questions(columns: dict[str, str], body: str) -> str:
    """`body` preceded by the table `question`, read from the JSON array in the parameter `questions`."""
    typed = ", ".join(f"{name} {kind}" for name, kind in (QUESTION | columns).items())
    return f"""
        WITH question AS MATERIALIZED (
            SELECT * FROM ROWS FROM (jsonb_to_recordset(%(questions)s::jsonb) AS ({typed}))
            WITH ORDINALITY AS question({", ".join(QUESTION | columns)}, number)
        ) {body}
    """


# A page has the contenders with a bound from `least` up that come after (`most`, `most_id`) in descending order.
PAGE_COLUMNS = {
    "areas": "box[]",
    "far_rating": "numeric",
    "least": "float8",
    "most": "float8",
    "most_id": "uuid",
    "size": "int4",
}


def _page(latitude: str = LATITUDE, longitude: str = LONGITUDE) -> str:
    # Within `reach` only the rows of the spatial index count, beyond it only those found by rating: so no contractor
    # is counted twice. OFFSET 0 keeps PostgreSQL from inlining `measured`, which would compute the distance once for
    # each use. The tuple comparison with (most, most_id) continues after the last row of the previous page.
    return _with_questions(
        PAGE_COLUMNS,
        f"""
        SELECT number, page.*
        FROM question CROSS JOIN LATERAL (
            SELECT id, name, (rating * 100)::int4, {latitude}, {longitude}, service_radius_miles::float8,
                   CASE WHEN question.required_skills <> '{{}}' THEN contractor.skills END, availability, bound
            FROM (
                SELECT near.*, true AS local FROM unnest(areas) area JOIN contractors_contractor near
                    ON {place_sql("near.")} <@ area AND near.status = 'active'
                UNION ALL
                SELECT far.*, false FROM contractors_contractor far
                WHERE far.status = 'active' AND far.type IN (question.kind, 'multi')
                  AND far.rating >= question.far_rating
                  AND (far.service_radius_miles IS NULL OR far.service_radius_miles > {LOCAL_MILES:g})
            ) contractor
            CROSS JOIN LATERAL ({_measured(latitude, longitude)} OFFSET 0) measured
            CROSS JOIN LATERAL (
                SELECT {PARTS} + %(w_distance)s::float8 * greatest(0, 1 - miles / %(max_miles)s::float8) AS bound
            ) scored
            WHERE local = (miles <= question.reach)
              AND bound >= question.least AND (bound, id) < (question.most, question.most_id)
              AND {MAY_COME}
            ORDER BY bound DESC, id DESC LIMIT question.size
        ) page
        """,
    )


PAGE = _page()
# For readers of blurred places. The areas are half a cell wider, because the index has the exact places.
BLURRED_PAGE = _page(BLURRED_LATITUDE, BLURRED_LONGITUDE)

# The nearest contractors of each region, eligible or not: a condition on eligibility could make the index scan read
# many rows. `parts` is null for those who are not eligible.
SAMPLE_COLUMNS = {"regions": "float8[]", "height": "float8", "width": "float8"}
SAMPLE = _with_questions(
    SAMPLE_COLUMNS,
    f"""
    SELECT number, region::int4, sample.*
    FROM question
    CROSS JOIN unnest(regions) WITH ORDINALITY AS region(east, region)
    CROSS JOIN LATERAL (SELECT point(question.longitude + east, question.latitude) AS site) site_in_region
    CROSS JOIN LATERAL (
        SELECT miles, CASE WHEN {MAY_COME} THEN {PARTS} END AS parts
        FROM (
            SELECT near.* FROM contractors_contractor near
            WHERE near.status = 'active'
              AND {place_sql("near.")} <@ box(
                  point(site[0] + width, site[1] + height), point(site[0] - width, site[1] - height))
            ORDER BY {place_sql("near.")} <-> site LIMIT {SAMPLE_OF_A_REGION}
        ) contractor
        CROSS JOIN LATERAL ({_measured()}) measured
    ) sample
    """,
)
