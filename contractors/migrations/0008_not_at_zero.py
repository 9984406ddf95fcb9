from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # so that validating takes no lock that writers wait for

    dependencies = [("contractors", "0007_points_repaired")]

    operations = [
        AddConstraintNotValid(
            model_name="contractor",
            constraint=models.CheckConstraint(
                condition=models.Q(("latitude", 0), ("longitude", 0), _negated=True), name="contractor_not_at_zero"
            ),
        ),
        ValidateConstraint(model_name="contractor", name="contractor_not_at_zero"),
    ]
