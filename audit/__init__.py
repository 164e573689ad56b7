"""Who did what, and why: the append-only journal that every other room writes to."""
