"""What the database itself keeps true about a contractor's hours, whoever changes them and by whatever road.

`weekdays` (bit n: some shift on day n) and `longest_stretch` (minutes of the longest time without a break, adjoining
shifts taken together) let the ranking pass over people who cannot be free, without opening their calendars.
"""

import pgtrigger

# The week twice over, so that a stretch across its end is found; never more than a week.
SUMMARY = """
SELECT bit_or(1 << day_of_week) AS weekdays,
       (SELECT (max(least(upper(stretch) - lower(stretch), 604800)) + 59) / 60
        FROM unnest(range_agg(doubled.shift)) stretch) AS longest_stretch
FROM contractors_workinghours
CROSS JOIN LATERAL (
    SELECT int4range(
        (week + day_of_week) * 86400 + floor(extract(epoch FROM start_time))::int,
        (week + day_of_week) * 86400
            + CASE end_time WHEN '00:00' THEN 86400 ELSE ceil(extract(epoch FROM end_time)) END::int
    ) AS shift
    FROM (VALUES (0), (7)) weeks(week)
) doubled
WHERE contractor_id = {contractor}
"""

KEEP = """
UPDATE contractors_contractor person
SET weekdays = coalesce(summary.weekdays, 0), longest_stretch = coalesce(summary.longest_stretch, 0)
FROM ({changed}) changed CROSS JOIN LATERAL ({summary}) summary
WHERE person.id = changed.contractor_id
  AND (person.weekdays, person.longest_stretch)
      IS DISTINCT FROM (coalesce(summary.weekdays, 0), coalesce(summary.longest_stretch, 0));
RETURN NULL;
"""

FORGET = "UPDATE contractors_contractor SET weekdays = 0, longest_stretch = 0 WHERE weekdays <> 0; RETURN NULL;"


def keep(changed: str) -> str:
    return KEEP.format(changed=changed, summary=SUMMARY.format(contractor="changed.contractor_id"))


def of_hours() -> list[pgtrigger.Trigger]:
    """Triggers of working hours: one summary for each contractor that a statement touches."""
    new, old = "SELECT contractor_id FROM new_hours", "SELECT contractor_id FROM old_hours"
    return [
        _after("added", pgtrigger.Insert, keep(f"{new} GROUP BY 1"), pgtrigger.Referencing(new="new_hours")),
        _after(
            "changed",
            pgtrigger.Update,
            keep(f"{new} UNION {old}"),
            pgtrigger.Referencing(old="old_hours", new="new_hours"),
        ),
        _after("removed", pgtrigger.Delete, keep(f"{old} GROUP BY 1"), pgtrigger.Referencing(old="old_hours")),
        _after("emptied", pgtrigger.Truncate, FORGET),
    ]


def _after(
    what: str, operation: pgtrigger.Operation, func: str, referencing: pgtrigger.Referencing | None = None
) -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name=f"hours_{what}",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=operation,
        referencing=referencing,
        func=func,
    )


def of_contractors() -> list[pgtrigger.Trigger]:
    """Triggers of contractors: what a save brings along for the two columns is not believed."""
    return [
        pgtrigger.Trigger(
            name="hours_not_known_yet",
            operation=pgtrigger.Insert,
            when=pgtrigger.Before,
            func="NEW.weekdays := 0; NEW.longest_stretch := 0; RETURN NEW;",
        ),
        pgtrigger.Trigger(
            name="hours_kept_by_the_database",
            operation=pgtrigger.UpdateOf("weekdays", "longest_stretch"),
            when=pgtrigger.Before,
            # Deeper than 1 is the change made by the triggers of the hours themselves.
            func="""
                IF pg_trigger_depth() = 1 THEN
                    NEW.weekdays := OLD.weekdays;
                    NEW.longest_stretch := OLD.longest_stretch;
                END IF;
                RETURN NEW;
            """,
        ),
    ]
