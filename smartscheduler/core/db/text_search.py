"""Search over the fields of a record in any spelling, with a trigram index.

SQL functions join the fields into one text and fold it by `search_folded`: case, accents, apostrophes, and compatible
letters. They are declared immutable, because PostgreSQL indexes only immutable expressions. The searched words are
folded by the same function, so that the two can never disagree.
"""

import re
import unicodedata
from typing import Any

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db.models import Expression, F, Func, Lookup, TextField, Value

# Replaces a field that is excluded from the search.
LEFT_OUT = Value("", output_field=TextField())
# At least seven digits, or + and the country code, in any grouping: compared with the digits of phone numbers as well.
PHONE = re.compile(r"(?=\+\d|(?:\D*\d){7})\+?[\d().+/·-]+", re.ASCII)


class SearchText(TextField):  # type: ignore[type-arg]  # takes no arguments at run time
    """Folded text. `icontains` and `istartswith` fold what they look for."""


class FoldedContains(Lookup):
    """Text that contains the words in any spelling; or, for a phone number, its digits."""

    lookup_name = "icontains"
    before = "%"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        words = unicodedata.normalize("NFKC", str(self.rhs))  # before escaping: a full-width ％ becomes a wildcard
        spellings = [words]
        if PHONE.fullmatch(words) and (digits := re.sub(r"\D", "", words)) != words:
            spellings.append(digits)
        left, values = self.process_lhs(compiler, connection)
        conditions, parameters = list[str](), list[Any]()
        for spelling in spellings:
            conditions.append(f"{left} LIKE search_folded(%s)")
            parameters += [*values, f"{self.before}{connection.ops.prep_for_like_query(spelling)}%"]
        return f"({' OR '.join(conditions)})", tuple(parameters)


class FoldedStart(FoldedContains):
    """Text that starts with the words in any spelling."""

    lookup_name = "istartswith"
    before = ""


SearchText.register_lookup(FoldedContains)
SearchText.register_lookup(FoldedStart)


def search_expression(name: str, *fields: str | Expression) -> Func:
    """The SQL function `name` called with `fields`; search the result with `icontains`."""
    parts = [F(field) if isinstance(field, str) else field for field in fields]
    return Func(*parts, function=name, output_field=SearchText())


def folded(field: str) -> Func:
    """A field in the form in which searches compare it."""
    return search_expression("search_folded", field)


def search_index(name: str, text: Func) -> GinIndex:
    """A GIN trigram index for `icontains` searches on `text`."""
    # Django's own field: migrations name no class of the product.
    plain = Func(*text.get_source_expressions(), function=text.extra["function"], output_field=TextField())
    return GinIndex(OpClass(plain, "gin_trgm_ops"), name=name)
