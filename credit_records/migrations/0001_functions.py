from django.contrib.postgres.operations import BtreeGistExtension
from django.db import migrations

BIGRAMS = """
CREATE FUNCTION credit_bigrams(t text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT ARRAY(SELECT substr(t, i, 2) FROM generate_series(1, length(t) - 1) AS i)
$$
"""


class Migration(migrations.Migration):
    """What the tables need: ranges with equality in one constraint, and two-character pieces to search names by."""

    initial = True
    dependencies: list[tuple[str, str]] = []
    operations = [
        BtreeGistExtension(),
        migrations.RunSQL(BIGRAMS, "DROP FUNCTION credit_bigrams(text)"),
    ]
