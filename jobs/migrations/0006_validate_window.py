from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("jobs", "0005_arrival_window")]

    operations = [
        ValidateConstraint(model_name="job", name="job_window_length"),
        ValidateConstraint(model_name="job", name="job_window_on_half_hour"),
    ]
