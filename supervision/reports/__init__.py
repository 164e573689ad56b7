"""Reports as paper: sections as plain data, and their typesetting. Pure: no models, no database."""
