"""The two statements that find contenders. They have names of columns in them, and no value.

Written by hand because Django's ORM has neither points and boxes nor a lateral join, and because a
statement that is prepared once costs a tenth of one that is planned anew.
"""

# ruff: noqa: S608  every value is a parameter

from contractors.spatial_index import place_sql
from recommendations.search.bounds import LOCAL_MILES, SAMPLE_OF_A_REGION
from smartscheduler.core.geo.blur import DECIMALS
from smartscheduler.places import EARTH_RADIUS_MILES

# How much longer than the sum of its hours a stretch can last on the night the clock is set back, anywhere.
CLOCK_CHANGE_MINUTES = 120

LATITUDE, LONGITUDE = "person.latitude::float8", "person.longitude::float8"
# As smartscheduler.core.geo.blur.blurred has it.
BLURRED_LATITUDE, BLURRED_LONGITUDE = (
    f"round(person.{name}, {DECIMALS})::float8" for name in ("latitude", "longitude")
)


def _seen(latitude: str = LATITUDE, longitude: str = LONGITUDE) -> str:
    """The miles to the site, and the best availability part of somebody who works on these weekdays.

    That is -1 when they work on none of the days asked for.
    """
    return f"""
        SELECT {2 * EARTH_RADIUS_MILES} * asin(least(1, sqrt(
                   power(sin(radians({latitude} - question.latitude) / 2), 2)
                   + cos(radians(question.latitude)) * cos(radians({latitude}))
                     * power(sin(radians({longitude} - question.longitude) / 2), 2)))) AS miles,
               CASE WHEN person.time_zone = zone THEN here[weekdays + 1] ELSE elsewhere[weekdays + 1] END
                   AS availability
    """


PARTS = "(%(w_availability)s::float8 * availability + %(w_rating)s::float8 * 2000 * rating::float8) / 10000"
MAY_COME = f"""
    availability >= 0
    AND (service_radius_miles IS NULL OR service_radius_miles::float8 >= miles - 0.01)
    AND longest_stretch + CASE WHEN person.time_zone = zone THEN slack ELSE {CLOCK_CHANGE_MINUTES} END >= minutes
    AND (wanted = '{{}}' OR octet_length(person.skills::text) <> length(person.skills::text)
         OR lower(person.skills::text COLLATE "C")::text[] @> wanted)
"""

# What every statement is told of each search.
QUESTION = {
    "kind": "text",
    "latitude": "float8",
    "longitude": "float8",
    "reach": "float8",
    "here": "int2[]",
    "elsewhere": "int2[]",
    "zone": "text",
    "slack": "int4",
    "minutes": "float8",
    "wanted": "text[]",
}


def _with_questions(columns: dict[str, str], body: str) -> str:
    """The statement `body` with a row of `question` for each search: the elements of a JSON array."""
    typed = ", ".join(f"{name} {kind}" for name, kind in (QUESTION | columns).items())
    return f"""
        WITH question AS MATERIALIZED (
            SELECT * FROM ROWS FROM (jsonb_to_recordset(%(questions)s::jsonb) AS ({typed}))
            WITH ORDINALITY AS given({", ".join(QUESTION | columns)}, number)
        ) {body}
    """


PAGE_COLUMNS = {
    "areas": "box[]",
    "far_rating": "numeric",
    "least": "float8",
    "most": "float8",
    "most_id": "uuid",
    "size": "int4",
}


def _page(latitude: str = LATITUDE, longitude: str = LONGITUDE) -> str:
    return _with_questions(
        PAGE_COLUMNS,
        f"""
        SELECT number, found.*
        FROM question CROSS JOIN LATERAL (
            SELECT id, name, (rating * 100)::int4, {latitude}, {longitude},
                   service_radius_miles::float8, CASE WHEN wanted <> '{{}}' THEN person.skills END, availability, bound
            FROM (
                SELECT near.*, true AS local FROM unnest(areas) area JOIN contractors_contractor near
                    ON {place_sql("near.")} <@ area AND near.status = 'active'
                UNION ALL
                SELECT far.*, false FROM contractors_contractor far
                WHERE far.status = 'active' AND far.type IN (kind, 'multi') AND far.rating >= far_rating
                  AND (far.service_radius_miles IS NULL OR far.service_radius_miles > {LOCAL_MILES:g})
            ) person
            CROSS JOIN LATERAL ({_seen(latitude, longitude)} OFFSET 0) seen -- worked out once a row
            CROSS JOIN LATERAL (
                SELECT {PARTS} + %(w_distance)s::float8 * greatest(0, 1 - miles / %(max_miles)s::float8) AS bound
            ) worth
            WHERE local = (miles <= reach) AND bound >= least AND (bound, id) < (most, most_id) AND {MAY_COME}
            ORDER BY bound DESC, id DESC LIMIT size
        ) found
        """,
    )


PAGE = _page()
# The areas are wider by half a cell for it: the index has the exact places.
BLURRED_PAGE = _page(BLURRED_LATITUDE, BLURRED_LONGITUDE)

# The nearest of each region, whether they may come or not: what is asked here must never walk far.
SAMPLE_COLUMNS = {"regions": "float8[]", "height": "float8", "width": "float8"}
SAMPLE = _with_questions(
    SAMPLE_COLUMNS,
    f"""
    SELECT number, region::int4, found.*
    FROM question
    CROSS JOIN unnest(regions) WITH ORDINALITY AS region(east, region)
    CROSS JOIN LATERAL (SELECT point(question.longitude + east, question.latitude) AS site) here_in
    CROSS JOIN LATERAL (
        SELECT miles, CASE WHEN {MAY_COME} THEN {PARTS} END AS parts
        FROM (
            SELECT near.* FROM contractors_contractor near
            WHERE near.status = 'active'
              AND {place_sql("near.")} <@ box(
                  point(site[0] + width, site[1] + height), point(site[0] - width, site[1] - height))
            ORDER BY {place_sql("near.")} <-> site LIMIT {SAMPLE_OF_A_REGION}
        ) person
        CROSS JOIN LATERAL ({_seen()}) seen
    ) found
    """,
)
