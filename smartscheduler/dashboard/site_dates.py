"""Local dates in SQL, in the time zone of the site of each row."""

from datetime import datetime, timedelta

from django.db.models import DateField, DateTimeField, F, Func, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast

# The longest day has 25 hours.
LONGEST_DAY = timedelta(hours=25)


def site_date(instant: Combinable | datetime, time_zone: str) -> Cast:
    """SQL expression: the local date of an instant, in the time zone of the field `time_zone`."""
    value = Value(instant, output_field=DateTimeField()) if isinstance(instant, datetime) else instant
    return Cast(Func(F(time_zone), value, function="timezone", output_field=DateTimeField()), DateField())
