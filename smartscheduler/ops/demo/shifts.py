"""Weekly working hours of the demo. Pure."""

from collections.abc import Iterable
from datetime import time

from contractors.working_week import Shift

SUNDAY, MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY = range(7)
WEEKDAYS = (MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY)


def _week(days: Iterable[int], *spans: tuple[time, time]) -> tuple[Shift, ...]:
    return tuple(Shift(day, start, end) for day in days for start, end in spans)


OFFICE = _week(WEEKDAYS, (time(8), time(17)))
EARLY_BIRD = _week(WEEKDAYS, (time(6), time(14, 30)))
LATE_RISER = _week(WEEKDAYS, (time(10), time(19)))
SIX_DAYS = _week((*WEEKDAYS, SATURDAY), (time(7, 30), time(16)))
WEEKEND_CREW = _week((THURSDAY, FRIDAY, SATURDAY, SUNDAY), (time(8), time(18)))
THREE_DAYS = _week((MONDAY, WEDNESDAY, FRIDAY), (time(9), time(17)))
MORNINGS = _week(WEEKDAYS, (time(8), time(13)))
SPLIT = _week(WEEKDAYS, (time(7), time(11)), (time(12, 30), time(18)))
# Evenings and the following early mornings: two adjacent shifts that form one stretch.
NIGHT_CREW = tuple(
    sorted(
        (
            *_week((SUNDAY, MONDAY, TUESDAY, WEDNESDAY, THURSDAY), (time(20), time(0))),
            *_week(WEEKDAYS, (time(0), time(4, 30))),
        )
    )
)

# A deck of cards: 13 of 25 contractors work office hours, and one works at night.
WEEKS = (
    *[OFFICE] * 13,
    *[EARLY_BIRD] * 3,
    *[SIX_DAYS] * 2,
    *[WEEKEND_CREW] * 2,
    LATE_RISER,
    THREE_DAYS,
    MORNINGS,
    SPLIT,
    NIGHT_CREW,
)
