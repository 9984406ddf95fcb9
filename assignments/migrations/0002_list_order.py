from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations
from django.db.models import Case, DateTimeField, F, Func, Index, OrderBy, Q, Value, When

IS_LIVE = Q(("status", "pending"), ("status", "confirmed"), ("status", "in_progress"), _connector="OR")
START = Func(F("time_slot"), function="lower", output_field=DateTimeField())


class Migration(migrations.Migration):
    # The index is built while assignments are written, and that is not possible in a transaction.
    atomic = False

    dependencies = [("assignments", "0001_initial")]

    operations = [
        AddIndexConcurrently(
            model_name="assignment",
            index=Index(
                OrderBy(Case(When(IS_LIVE, then=Value(0)), default=Value(1))),
                OrderBy(Case(When(IS_LIVE, then=START))),
                OrderBy(START, descending=True),
                OrderBy(F("id")),
                name="assignment_by_list_order",
            ),
        )
    ]
