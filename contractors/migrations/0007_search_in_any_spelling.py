from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations
from django.db.models import F, Func, TextField

# Apostrophes go first: NFKD would make a blank and a mark of an acute accent. Most text is ASCII and needs the first
# branch alone, so that a search of all rows stays fast. The functions of the indexes repeat the expression: while an
# index is built or restored, PostgreSQL calls no function outside pg_catalog by its bare name.
FOLDED = """
    CASE WHEN octet_length(words) = char_length(words) THEN translate(lower(words), '''`', '')
    ELSE translate(replace(replace(replace(replace(lower(regexp_replace(
        normalize(translate(words, E'\\'`\\u2019\\u2018\\u02BC\\u02BB\\u00B4', ''), NFKD), E'[\\u0300-\\u036F]', '', 'g'
    )), 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th'), 'łøđðıħ', 'loddih') END
"""
TERM = f"""
CREATE FUNCTION search_folded(words text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT {FOLDED}
$$
"""
# The digits of a phone number follow it, with the country code.
TEXT = f"""
CREATE FUNCTION contractor_search_text(
    name text, city text, skills text[], external_id text, email text, phone_number text
) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT {FOLDED}
    FROM (SELECT concat_ws(
        E'\\n', name, city, array_to_string(skills, E'\\n'), external_id, email, phone_number,
        '1' || NULLIF(regexp_replace(phone_number, '[^0-9]', '', 'g'), '')
    ) AS words) AS joined
$$
"""


class Migration(migrations.Migration):
    # The index is built while contractors are written, and that is not possible in a transaction.
    atomic = False

    dependencies = [("contractors", "0006_external_id_once")]

    operations = [
        migrations.RunSQL(TERM, "DROP FUNCTION search_folded"),
        migrations.RunSQL(TEXT, "DROP FUNCTION contractor_search_text"),
        AddIndexConcurrently(
            model_name="contractor",
            index=GinIndex(
                OpClass(
                    Func(
                        F("name"),
                        F("city"),
                        F("skills"),
                        F("external_id"),
                        F("email"),
                        F("phone_number"),
                        function="contractor_search_text",
                        output_field=TextField(),
                    ),
                    "gin_trgm_ops",
                ),
                name="contractor_search_index",
            ),
        ),
        # The function contractor_words stays: the previous release searches with it during an upgrade.
        RemoveIndexConcurrently(model_name="contractor", name="contractor_words_index"),
    ]
