from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customers", "0002_emails")]

    operations = [
        migrations.RemoveConstraint(model_name="customerphone", name="customer_phone_number_e164"),
        AddConstraintNotValid(
            model_name="customerphone",
            constraint=models.CheckConstraint(
                condition=models.Q(number__regex=r"^\+(1[0-9]{10}|[2-9][0-9]{6,14})$"),
                name="customer_phone_number_e164",
            ),
        ),
    ]
