from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations
from django.db.models import Index


class Migration(migrations.Migration):
    # The index is built while rows are written, and that is not possible in a transaction.
    atomic = False

    dependencies = [("assignments", "0007_validate_recorded_work")]

    operations = [
        AddIndexConcurrently(
            model_name="assignment", index=Index(fields=["updated_at", "id"], name="assignment_by_update")
        )
    ]
