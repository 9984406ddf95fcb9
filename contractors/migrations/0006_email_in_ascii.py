"""Contractors' e-mail addresses: ASCII, and unique in a lower case that no locale decides (docs/adr/029)."""

from django.db import migrations, models

NAME, TEMPORARY = "contractor_email_unique_any_case", "contractor_email_unique_being_made"
CREATE = 'CREATE UNIQUE INDEX CONCURRENTLY {name} ON contractors_contractor ({expression})'
IN_ASCII, ANY_CASE = 'lower(email COLLATE "C")', "lower(email)"


def replaced(expression):
    """SQL that puts an index over `expression` in the place of the one that stands; bookings go on meanwhile."""
    return [
        f"DROP INDEX CONCURRENTLY IF EXISTS {TEMPORARY}",
        CREATE.format(name=TEMPORARY, expression=expression),
        f"DROP INDEX CONCURRENTLY {NAME}",
        f"ALTER INDEX {TEMPORARY} RENAME TO {NAME}",
    ]


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("contractors", "0005_normal_forms"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(replaced(IN_ASCII), replaced(ANY_CASE))],
            state_operations=[
                migrations.RemoveConstraint(model_name="contractor", name=NAME),
                migrations.AddConstraint(
                    model_name="contractor",
                    constraint=models.UniqueConstraint(
                        models.Func(
                            models.F("email"),
                            output_field=models.CharField(),
                            template='lower(%(expressions)s COLLATE "C")',
                        ),
                        name=NAME,
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="contractor",
            constraint=models.CheckConstraint(
                condition=models.Q(email__regex="^[!-~]*$"), name="contractor_email_in_ascii"
            ),
        ),
    ]
