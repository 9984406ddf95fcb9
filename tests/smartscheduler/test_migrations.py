"""Migrations go down and up again, and say all that the models say."""

import pytest
from django.core.management import call_command
from django.db import connection

OURS = ["exchange", "mails", "assignments", "jobs", "contractors", "events", "accounts"]


@pytest.mark.django_db(transaction=True)
def test_down_to_nothing_and_up_again():
    before = schema()
    for app in OURS:
        call_command("migrate", app, "zero", verbosity=0)
    assert not {name for name in connection.introspection.table_names() if name.partition("_")[0] in OURS}
    call_command("migrate", verbosity=0)
    assert schema() == before


def schema():
    """Every constraint and index of our tables, as PostgreSQL words them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE connamespace = 'public'::regnamespace AND conname !~ '[0-9a-f]{8}' UNION ALL"
            " SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
            " AND indexname !~ '[0-9a-f]{8}' ORDER BY 1, 2, 3"
        )
        return [row for row in cursor.fetchall() if row[0].partition("_")[0] in OURS]


@pytest.mark.django_db
def test_no_model_is_ahead_of_its_migrations():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
