"""Moves records from latitude 0, longitude 0, where ZIP codes without coordinates were placed."""

from django.db import migrations

from smartscheduler.zips import rough_middle


def repair(apps, schema_editor):
    for record in apps.get_model("contractors", "contractor").objects.filter(latitude=0, longitude=0).iterator():
        record.latitude, record.longitude = rough_middle(record.zip_code, record.state)
        if record.time_zone.startswith("Etc/"):
            from smartscheduler.places import Point, time_zone_at

            record.time_zone = time_zone_at(Point(float(record.latitude), float(record.longitude)))
        record.save(update_fields=["latitude", "longitude", "time_zone"])


class Migration(migrations.Migration):

    dependencies = [("contractors", "0006_email_in_ascii")]

    operations = [migrations.RunPython(repair, migrations.RunPython.noop)]
