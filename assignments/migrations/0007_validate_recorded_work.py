from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("assignments", "0006_recorded_work")]

    operations = [ValidateConstraint(model_name="assignment", name="assignment_recorded_is_over")]
