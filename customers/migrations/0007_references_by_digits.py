from django.db import migrations

# The line that customers.search_text adds for a reference of digits and separators, such as 12-34.
ADD = r"""
UPDATE customers_customer
   SET search_text = search_text || regexp_replace(external_reference, '[^0-9]', '', 'g') || E'\n'
 WHERE external_reference ~ '^[0-9[:space:]()+./·-]*[0-9][0-9[:space:]()+./·-]*$' AND merged_into_id IS NULL
"""


class Migration(migrations.Migration):
    dependencies = [("customers", "0006_external_id_once")]

    operations = [migrations.RunSQL(ADD, migrations.RunSQL.noop)]
