from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations
from django.db.models import Index


class Migration(migrations.Migration):
    # The index is built while rows are written, and that is not possible in a transaction.
    atomic = False

    dependencies = [("customers", "0008_email_key")]

    operations = [
        AddIndexConcurrently(
            model_name="customer", index=Index(fields=["updated_at", "id"], name="customer_by_update")
        )
    ]
