"""Helpers that break an invariant with SQL inside the transaction of a test."""

from django.db import connection


def run(*statements: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table with checks still to come cannot be altered
        for statement in statements:
            cursor.execute(statement)


def without(table: str, *constraints: str) -> None:
    run(*(f"ALTER TABLE {table} DROP CONSTRAINT {name}" for name in constraints))


def value_of(query: str) -> str:
    """The first value of the first row, as text."""
    with connection.cursor() as cursor:
        cursor.execute(query)
        return str(cursor.fetchone()[0])


def number_all_events() -> None:
    """Numbers without a gap and a head, as the relay leaves them, whatever the positions are."""
    run(
        "UPDATE events_outboxevent event SET sequence = numbered.sequence FROM "
        "(SELECT position, row_number() OVER (ORDER BY position) AS sequence FROM events_outboxevent) numbered "
        "WHERE numbered.position = event.position",
        "INSERT INTO events_eventhead (id, sequence, pruned_to) "
        "SELECT 1, coalesce(max(sequence), 0), 0 FROM events_outboxevent",
    )
