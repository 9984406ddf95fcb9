from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations
from django.db.models import Index


class Migration(migrations.Migration):
    # The index is built while rows are written, and that is not possible in a transaction.
    atomic = False

    dependencies = [("contractors", "0007_search_in_any_spelling")]

    operations = [
        AddIndexConcurrently(
            model_name="contractor", index=Index(fields=["updated_at", "id"], name="contractor_by_update")
        )
    ]
