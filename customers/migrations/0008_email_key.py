from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # The index is built while customers are written, and that is not possible in a transaction.
    atomic = False

    dependencies = [("customers", "0007_references_by_digits")]

    operations = [
        AddIndexConcurrently(
            model_name="customer",
            index=models.Index(
                models.Func(
                    models.F("email"),
                    output_field=models.CharField(),
                    template='lower(%(expressions)s COLLATE "C")',
                ),
                name="customer_by_email",
            ),
        )
    ]
