from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("contractors", "0007_points_repaired")]

    operations = [
        AddConstraintNotValid(
            model_name="contractor",
            constraint=models.CheckConstraint(
                condition=models.Q(("latitude", 0), ("longitude", 0), _negated=True), name="contractor_not_at_zero"
            ),
        ),
    ]
