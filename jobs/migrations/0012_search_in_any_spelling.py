from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations
from django.db.models import F, Func, TextField

# As in contractors.0007_search_in_any_spelling, which has the reasons.
FOLDED = """
    CASE WHEN octet_length(words) = char_length(words) THEN translate(lower(words), '''`', '')
    ELSE translate(replace(replace(replace(replace(lower(regexp_replace(
        normalize(translate(words, E'\\'`\\u2019\\u2018\\u02BC\\u02BB\\u00B4', ''), NFKD), E'[\\u0300-\\u036F]', '', 'g'
    )), 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th'), 'łøđðıħ', 'loddih') END
"""
# The digits of a phone number follow it, with the country code: only a US number is stored without it.
TEXT = f"""
CREATE FUNCTION job_search_text(
    job_number text, address text, city text, zip_code text, external_id text, customer_name text, customer_phone text
) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT {FOLDED}
    FROM (SELECT concat_ws(
        E'\\n', job_number, address, city, zip_code, external_id, customer_name, customer_phone,
        CASE WHEN customer_phone LIKE '(%' THEN '1' ELSE '' END || regexp_replace(customer_phone, '[^0-9]', '', 'g')
    ) AS words) AS joined
$$
"""


class Migration(migrations.Migration):
    # The index is built while jobs are written, and that is not possible in a transaction.
    atomic = False

    dependencies = [("contractors", "0007_search_in_any_spelling"), ("jobs", "0011_external_id_once")]

    operations = [
        migrations.RunSQL(TEXT, "DROP FUNCTION job_search_text"),
        AddIndexConcurrently(
            model_name="job",
            index=GinIndex(
                OpClass(
                    Func(
                        F("job_number"),
                        F("address"),
                        F("city"),
                        F("zip_code"),
                        F("external_id"),
                        F("customer_name"),
                        F("customer_phone"),
                        function="job_search_text",
                        output_field=TextField(),
                    ),
                    "gin_trgm_ops",
                ),
                name="job_search_index",
            ),
        ),
        # The function job_words stays: the previous release searches with it during an upgrade.
        RemoveIndexConcurrently(model_name="job", name="job_words_index"),
    ]
