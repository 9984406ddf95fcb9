"""Text of jobs in the forms in which it is stored from now on (docs/adr/029)."""

from django.db import migrations

from smartscheduler.text_migrations import normalize_text


def normalize(apps, schema_editor):
    normalize_text(
        apps.get_model("jobs", "Job"),
        lines=("customer_name", "address", "city"),
        notes=("special_requirements", "cancel_reason"),
        names=("required_skills",),
    )


class Migration(migrations.Migration):

    dependencies = [
        ("jobs", "0003_history"),
    ]

    operations = [
        migrations.RunPython(normalize, migrations.RunPython.noop),
    ]
