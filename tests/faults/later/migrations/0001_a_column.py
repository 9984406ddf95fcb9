from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("jobs", "0001_initial")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE jobs_job ADD COLUMN later_note text", "ALTER TABLE jobs_job DROP COLUMN later_note"
        )
    ]
