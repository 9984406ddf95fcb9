"""Triggers that keep two columns of a contractor in step with the working hours.

`weekdays` is a bit mask (bit n: a shift on day n, Sunday is 0). `longest_stretch` is the longest working time without a
break in minutes, rounded up, with adjoining shifts joined. The ranking uses them to skip contractors who cannot be free
without reading their calendars. Triggers, because the columns must be right after imports and hand-written SQL too.
"""

import pgtrigger

# Two copies of the week in a row find a stretch that crosses the end of the week. A contractor who always works would
# get two weeks, so the result is limited to one (604,800 seconds).
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

# One UPDATE for all contractors that a statement touched. Unchanged rows are not written, so that the row version and
# the history stay as they are.
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
    """Triggers of working hours: each statement updates every contractor that it touches once."""
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
    """Triggers of contractors: values that a save contains for the two columns are discarded."""
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
            # At a depth above 1 it is the UPDATE of the triggers of the hours, which must pass.
            func="""
                IF pg_trigger_depth() = 1 THEN
                    NEW.weekdays := OLD.weekdays;
                    NEW.longest_stretch := OLD.longest_stretch;
                END IF;
                RETURN NEW;
            """,
        ),
    ]
