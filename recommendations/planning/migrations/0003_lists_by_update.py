from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations
from django.db.models import Index


class Migration(migrations.Migration):
    # The index is built while rows are written, and that is not possible in a transaction.
    atomic = False

    dependencies = [("planning", "0002_previous_decision")]

    operations = [
        AddIndexConcurrently(
            model_name="plan", index=Index(fields=["updated_at", "id"], name="plan_by_update")
        )
    ]
