"""The parts of the embedded PostgreSQL: where its programs are, as whom it runs, how it is asked.

`config.embedded_postgres` puts them together and is the only door.
"""
