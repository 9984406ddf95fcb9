"""What a search looks through: the words of a record as one text, in an index of trigrams.

The functions are the database's own, because PostgreSQL takes only what it knows to be immutable into an index.
"""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db.models import Expression, F, Func, TextField, Value
from django.db.models.functions import Upper

# In the place of a field that is not to be searched.
LEFT_OUT = Value("", output_field=TextField())


def search_expression(name: str, *fields: str | Expression) -> Func:
    """The text of some fields, made by the database's function `name`; searched with `icontains`."""
    parts = [F(field) if isinstance(field, str) else field for field in fields]
    return Func(*parts, function=name, output_field=TextField())


def search_index(name: str, text: Func) -> GinIndex:
    return GinIndex(OpClass(Upper(text), "gin_trgm_ops"), name=name)
