from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations
from django.db.models import Case, F, Index, OrderBy, Q, Value, When


class Migration(migrations.Migration):
    # The index is built while contractors are written, and that is not possible in a transaction.
    atomic = False

    dependencies = [("contractors", "0002_favorite")]

    operations = [
        AddIndexConcurrently(
            model_name="contractor",
            index=Index(
                OrderBy(
                    Case(
                        When(Q(("status", "active")), then=Value(0)),
                        When(Q(("status", "on_leave")), then=Value(1)),
                        default=Value(2),
                    )
                ),
                OrderBy(F("name")),
                OrderBy(F("id")),
                name="contractor_by_list_order",
            ),
        )
    ]
