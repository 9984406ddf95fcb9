from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0005_external_id'),
    ]

    operations = [
        migrations.AddConstraint(
            model_name='customer',
            constraint=models.UniqueConstraint(condition=models.Q(('external_id', ''), _negated=True), fields=('source', 'external_id'), name='customer_external_id_once'),
        ),
    ]
