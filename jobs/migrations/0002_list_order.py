from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations
from django.db.models import Case, F, Index, OrderBy, Q, Value, When


class Migration(migrations.Migration):
    # The index is built while jobs are written, and that is not possible in a transaction.
    atomic = False

    dependencies = [("jobs", "0001_initial")]

    operations = [
        AddIndexConcurrently(
            model_name="job",
            index=Index(
                OrderBy(
                    Case(
                        When(Q(("status", "open")), then=Value(0)),
                        When(Q(("status", "assigned"), ("status", "in_progress"), _connector="OR"), then=Value(1)),
                        default=Value(2),
                    )
                ),
                OrderBy(
                    Case(
                        When(
                            Q(("status", "open"), ("status", "assigned"), ("status", "in_progress"), _connector="OR"),
                            then=F("desired_date"),
                        )
                    )
                ),
                OrderBy(F("desired_date"), descending=True),
                OrderBy(F("id")),
                name="job_by_list_order",
            ),
        )
    ]
