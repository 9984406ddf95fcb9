"""E-mail addresses, names and skills in the forms in which they are stored from now on (docs/adr/029)."""

import unicodedata

from django.db import migrations

from smartscheduler.emails import UnsuitableAddress, contact_address
from smartscheduler.text_migrations import normalize_text, refuse_addresses


def normalize(apps, schema_editor):
    contractors = apps.get_model("contractors", "Contractor")
    changed, unsuitable, twice, seen = {}, [], [], {}
    for pk, email in contractors.objects.order_by("created_at", "pk").values_list("pk", "email").iterator():
        try:
            stored = contact_address(unicodedata.normalize("NFKC", email))
        except UnsuitableAddress:
            unsuitable.append(pk)
            continue
        if seen.setdefault(stored.lower(), pk) != pk:
            twice += [seen[stored.lower()], pk]
        if stored != email:
            changed[pk] = stored
    refuse_addresses(unsuitable, twice, "Contractors")
    for pk, email in changed.items():
        contractors.objects.filter(pk=pk).update(email=email)
    normalize_text(contractors, lines=("name", "address", "city"), names=("skills",))
    normalize_text(apps.get_model("contractors", "Absence"), lines=("note",))
    normalize_text(apps.get_model("contractors", "Rating"), notes=("comment",))


class Migration(migrations.Migration):

    dependencies = [
        ("contractors", "0004_history"),
    ]

    operations = [
        migrations.RunPython(normalize, migrations.RunPython.noop),
    ]
