"""Letters as paper: sheets, dated templates and typesetting. Pure Python: no Django, no database."""
