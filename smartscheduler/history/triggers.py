"""What is kept of every change of a model: pghistory's tables and triggers, with the values from before beside them.

A row of history holds the record as it was left (for a removal: as it was last), what the changed fields were before,
when, and by whom. One row says all of it, so that it holds even where rows around it are missing.
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
    """One change of one record. Nobody can change or remove it: a trigger refuses."""

    # The fields of the history itself bear pghistory's names; the others are those of the record.
    pgh_id = models.BigAutoField(primary_key=True)
    pgh_created_at = models.DateTimeField()
    pgh_before = models.JSONField(null=True)
    # The field that names the record to whose page this one belongs, if it has none of its own.
    owner: ClassVar[str]
    pgh_tracked_model: type[models.Model]  # type: ignore[assignment]
    pgh_context: Any

    objects: ClassVar[models.Manager[Any]] = models.Manager()  # type: ignore[assignment]

    class Meta:
        abstract = True


class BeforeAndAfter(EventTrigger):
    """Keeps what the changed columns were before, besides what all are after."""

    def get_func(self, model: Any) -> pgtrigger.Func:
        original: Callable[[Any], pgtrigger.Func] = super().get_func
        after = original(model).func
        kind: Any = self.event_model
        fields = [model._meta.get_field(name).column for name in tracked_fields(kind)]
        columns = ", ".join(f"""('{name}', to_jsonb(OLD."{name}"), to_jsonb(NEW."{name}"))""" for name in fields)
        changed = f"(VALUES {columns}) AS of_field(field, was, became) WHERE was IS DISTINCT FROM became"
        before = f"(SELECT jsonb_object_agg(field, was) FROM {changed})"  # noqa: S608  (names of columns)
        # The one statement of pghistory's function, with one column more.
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
    """For models: every insert, update and delete is kept, whoever makes it and by whatever road.

    `exclude` names fields that are nobody's doing; a change of those alone is no change. That one of the `secrets`
    has changed is kept, but never what it was or is. Changes are found by the record and by its `owner`.
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
    """Each ends with the order in which the pages read."""
    order = ("pgh_created_at", "pgh_id")
    return [
        models.Index(fields=order, name=f"{name}_history"),
        models.Index(fields=["pgh_label", *order], name=f"{name}_history_acts"),
        models.Index(fields=["pgh_obj", *order], name=f"{name}_history_record"),
        models.Index(KT("pgh_context__user"), *order, name=f"{name}_history_people"),
        *([models.Index(fields=[owner, *order], name=f"{name}_history_owner")] if owner else []),
    ]


def tracked_fields(kind: type[Change]) -> list[str]:
    """The names of the record's own fields that the history keeps, in the order of the model."""
    kept = {field.name for field in kind._meta.concrete_fields}
    return [field.name for field in kind.pgh_tracked_model._meta.concrete_fields if field.name in kept]
