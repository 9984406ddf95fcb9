"""Full-text search over the fields of a record, with a trigram index.

SQL functions join the fields into one text. They are declared immutable, because PostgreSQL indexes only immutable
expressions.
"""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db.models import Expression, F, Func, TextField, Value
from django.db.models.functions import Upper

# Replaces a field that is excluded from the search.
LEFT_OUT = Value("", output_field=TextField())


def search_expression(name: str, *fields: str | Expression) -> Func:
    """The SQL function `name` called with `fields`; search the result with `icontains`."""
    parts = [F(field) if isinstance(field, str) else field for field in fields]
    return Func(*parts, function=name, output_field=TextField())


def search_index(name: str, text: Func) -> GinIndex:
    """A GIN trigram index for `icontains` searches on `text`."""
    return GinIndex(OpClass(Upper(text), "gin_trgm_ops"), name=name)
