from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('events', '0002_eventreader'),
    ]

    operations = [
        migrations.AddField(
            model_name='outboxevent',
            name='traceparent',
            field=models.CharField(blank=True, db_default='', default='', editable=False, max_length=55),
        ),
    ]
