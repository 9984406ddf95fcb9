"""History tables and triggers of models: pghistory's, with the previous values in the same row.

A row has the record after the change (for a deletion: its last state), the previous values of the changed fields, the
time, and the author. Each row is complete, so that it can be read even if the retention has deleted earlier rows.
"""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, TypeVar

import pghistory
import pgtrigger
from django.db import models
from django.db.models.fields.json import KT
from pghistory.models import Event
from pghistory.trigger import Event as EventTrigger

M = TypeVar("M", bound=models.Model)
CREATED, CHANGED, REMOVED, PASSWORD = "created", "changed", "removed", "password"
TRIGGER = "history_"


class Change(Event):
    """One change of one record. Append-only: a trigger refuses updates and deletions."""

    # Fields of the history have pghistory's prefix `pgh_`; all others are fields of the record.
    pgh_id = models.BigAutoField(primary_key=True)
    pgh_created_at = models.DateTimeField()
    pgh_before = models.JSONField(null=True)
    # The field that refers to the owning record, for records without their own page.
    owner: ClassVar[str]
    pgh_tracked_model: type[models.Model]  # type: ignore[assignment]
    pgh_context: Any

    objects: ClassVar[models.Manager[Any]] = models.Manager()  # type: ignore[assignment]

    class Meta:
        abstract = True


class BeforeAndAfter(EventTrigger):
    """Trigger that also stores the previous values of the changed columns in `pgh_before`."""

    def get_func(self, model: Any) -> pgtrigger.Func:
        original: Callable[[Any], pgtrigger.Func] = super().get_func
        after = original(model).func
        kind: Any = self.event_model
        fields = [model._meta.get_field(name).column for name in tracked_fields(kind)]
        columns = ", ".join(f"""('{name}', to_jsonb(OLD."{name}"), to_jsonb(NEW."{name}"))""" for name in fields)
        changed = f"(VALUES {columns}) AS of_field(field, was, became) WHERE was IS DISTINCT FROM became"
        before = f"(SELECT jsonb_object_agg(field, was) FROM {changed})"  # noqa: S608  (names of columns)
        # Add one column to the INSERT statement of pghistory's trigger function.
        after = after.replace(") VALUES (", ', "pgh_before") VALUES (', 1)
        return pgtrigger.Func(after.replace("); RETURN NULL;", f", {before}); RETURN NULL;", 1))


class UpdateEvent(pghistory.UpdateEvent):
    def add_event_trigger(self, event_model: type[Change]) -> None:
        make_trigger: Callable[..., pgtrigger.Trigger] = BeforeAndAfter
        trigger = make_trigger(
            event_model=event_model,
            label=self.label,
            name=self.trigger_name,
            row=self.row,
            operation=self.operation,
            condition=self.condition,
            level=self.level,
        )
        pgtrigger.register(trigger)(event_model.pgh_tracked_model)


def keeps_history(
    *, exclude: Sequence[str], owner: str = "", secrets: Sequence[str] = ()
) -> Callable[[type[M]], type[M]]:
    """Class decorator of models: triggers record each insert, update and delete, also those made outside Django.

    `exclude`: fields that the product maintains itself; a change of these alone is not recorded. `secrets`: fields
    whose change is recorded without values. `owner`: foreign key to the record on whose page the changes also appear.
    """

    def decorate(model: type[M]) -> type[M]:
        pghistory.track(
            pghistory.InsertEvent(CREATED, trigger_name=TRIGGER + CREATED),
            UpdateEvent(CHANGED, trigger_name=TRIGGER + CHANGED),
            pghistory.DeleteEvent(REMOVED, trigger_name=TRIGGER + REMOVED),
            *(
                pghistory.UpdateEvent(PASSWORD, condition=pgtrigger.AnyChange(secret), trigger_name=TRIGGER + PASSWORD)
                for secret in secrets
            ),
            exclude=[*exclude, *secrets],
            base_model=Change,
            obj_field=pghistory.ObjForeignKey(related_name="+", related_query_name="+", db_index=False),
            context_field=pghistory.ContextJSONField(),
            context_id_field=None,  # type: ignore[arg-type]
            append_only=True,
            attrs={"owner": owner},
            meta={"indexes": _indexes(str(model._meta.model_name), owner), "default_permissions": ()},
        )(model)
        return model

    return decorate


def _indexes(name: str, owner: str) -> list[models.Index]:
    """Indexes for the filters of the history pages. Each ends with the sort order of the pages."""
    order = ("pgh_created_at", "pgh_id")
    return [
        models.Index(fields=order, name=f"{name}_history"),
        models.Index(fields=["pgh_label", *order], name=f"{name}_history_acts"),
        models.Index(fields=["pgh_obj", *order], name=f"{name}_history_record"),
        models.Index(KT("pgh_context__user"), *order, name=f"{name}_history_people"),
        *([models.Index(fields=[owner, *order], name=f"{name}_history_owner")] if owner else []),
    ]


def tracked_fields(kind: type[Change]) -> list[str]:
    """Names of the fields of the record that the history stores, in the order of the model."""
    kept = {field.name for field in kind._meta.concrete_fields}
    return [field.name for field in kind.pgh_tracked_model._meta.concrete_fields if field.name in kept]
