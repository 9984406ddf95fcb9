"""A migration of its own: validating takes no lock that writers wait for, and may fail without leaving half of it."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("contractors", "0008_not_at_zero")]

    operations = [ValidateConstraint(model_name="contractor", name="contractor_not_at_zero")]
