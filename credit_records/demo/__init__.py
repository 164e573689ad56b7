"""The invented city of the demo: bodies, people, subjects and two years of records, by the real path."""
