"""The place in the event log moves to where every reader has its own."""

from django.db import migrations

MOVE = """
    INSERT INTO events_eventreader (name, sequence)
    SELECT 'announcements', sequence FROM recommendations_announcementcursor
    ON CONFLICT (name) DO NOTHING
"""


class Migration(migrations.Migration):

    dependencies = [
        ('recommendations', '0001_initial'),
        ('events', '0002_eventreader'),
    ]

    operations = [
        migrations.RunSQL(MOVE, migrations.RunSQL.noop),
        # The table stays for this release: a worker of the one before may still be running.
        migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel(name='AnnouncementCursor')]),
    ]
