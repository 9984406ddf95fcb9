import django.contrib.postgres.constraints
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('assignments', '0004_window_break_reason'),
    ]

    # One transaction: no booking is written between the two constraints.
    operations = [
        migrations.RemoveConstraint(
            model_name='assignment',
            name='assignment_no_double_booking',
        ),
        migrations.AddConstraint(
            model_name='assignment',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('status__in', ['confirmed', 'in_progress', 'pending'])), deferrable=models.Deferrable['IMMEDIATE'], expressions=[('contractor', '='), ('time_slot', '&&')], name='assignment_no_double_booking'),
        ),
    ]
