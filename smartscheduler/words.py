"""What a search looks through: the words of a record as one text, in an index of trigrams.

The functions are the database's own, because PostgreSQL takes only what it knows to be immutable into an index.
"""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db.migrations import RunSQL
from django.db.models import Expression, F, Func, TextField, Value
from django.db.models.functions import Upper

# Between two fields; no word that is searched for has one in it.
BREAK = "E'\\n'"


# In the place of a field that is not to be searched.
LEFT_OUT = Value("", output_field=TextField())


def words(name: str, *fields: str | Expression) -> Func:
    """The text of some fields, made by the database's function `name`; searched with `icontains`."""
    parts = [F(field) if isinstance(field, str) else field for field in fields]
    return Func(*parts, function=name, output_field=TextField())


def words_index(name: str, text: Func) -> GinIndex:
    return GinIndex(OpClass(Upper(text), "gin_trgm_ops"), name=name)


def make_function(function: str, /, **fields: str) -> RunSQL:
    """The migration that makes the function: the fields' names and their types, `text` or `text[]`."""
    parts = (f"array_to_string({field}, {BREAK})" if kind == "text[]" else field for field, kind in fields.items())
    arguments = ", ".join(f"{field} {kind}" for field, kind in fields.items())
    return RunSQL(
        f"CREATE FUNCTION {function}({arguments}) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE "
        f"AS $$ SELECT concat_ws({BREAK}, {', '.join(parts)}) $$",
        f"DROP FUNCTION {function}",
    )
