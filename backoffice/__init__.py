"""The admin shell: the one room that knows the theme, the history pages and the admin's own traps."""
