"""“Today” in SQL: a day is a day at the job's site, and each row has a site of its own."""

from datetime import datetime, timedelta

from django.db.models import DateField, DateTimeField, F, Func, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast

# The longest day has 25 hours.
LONGEST_DAY = timedelta(hours=25)


def site_date(instant: Combinable | datetime, time_zone: str) -> Cast:
    """The calendar date of an instant by the clock of the zone in the field `time_zone`."""
    given = Value(instant, output_field=DateTimeField()) if isinstance(instant, datetime) else instant
    return Cast(Func(F(time_zone), given, function="timezone", output_field=DateTimeField()), DateField())
