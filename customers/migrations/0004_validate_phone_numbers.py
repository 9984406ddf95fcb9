from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("customers", "0003_phone_numbers")]

    operations = [ValidateConstraint(model_name="customerphone", name="customer_phone_number_e164")]
