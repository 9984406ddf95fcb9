"""E-mail addresses and names of accounts in the forms in which they are stored from now on (docs/adr/029)."""

import unicodedata

from django.db import migrations

from smartscheduler.emails import UnsuitableAddress, account_address
from smartscheduler.text_migrations import normalize_text, refuse_addresses


def normalize(apps, schema_editor):
    users = apps.get_model("accounts", "User")
    changed, unsuitable, twice, seen = {}, [], [], {}
    for pk, email in users.objects.order_by("date_joined", "pk").values_list("pk", "email").iterator():
        try:
            stored = account_address(unicodedata.normalize("NFKC", email))
        except UnsuitableAddress:
            unsuitable.append(pk)
            continue
        if seen.setdefault(stored, pk) != pk:
            twice += [seen[stored], pk]
        if stored != email:
            changed[pk] = stored
    refuse_addresses(unsuitable, twice, "Accounts")
    for pk, email in changed.items():
        users.objects.filter(pk=pk).update(email=email)
    normalize_text(users, lines=("name",))


class Migration(migrations.Migration):

    dependencies = [
        ("accounts", "0005_browser_sessions"),
    ]

    operations = [
        migrations.RunPython(normalize, migrations.RunPython.noop),
    ]
