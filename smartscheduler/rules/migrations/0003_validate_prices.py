from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('rules', '0002_prices_of_plans'),
    ]

    operations = [
        ValidateConstraint(model_name='rulesversion', name='rules_worths_above_scores'),
        ValidateConstraint(model_name='rulesversion', name='rules_prices_in_range'),
    ]
