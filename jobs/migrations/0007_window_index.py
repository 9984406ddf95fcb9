from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations
from django.db.models import Index, Q


class Migration(migrations.Migration):
    # The index is built while jobs are written, and that is not possible in a transaction.
    atomic = False

    dependencies = [("jobs", "0006_validate_window")]

    operations = [
        AddIndexConcurrently(
            model_name="job",
            index=Index(fields=["window_start"], name="job_by_window", condition=Q(window_start__isnull=False)),
        )
    ]
